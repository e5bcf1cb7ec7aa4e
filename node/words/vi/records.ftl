### States, as on desk, console and command line.

st-not-started = chưa thực hiện
st-in-progress = đang thực hiện, trong hạn
st-due-soon = sắp đến hạn
st-due-today = đến hạn hôm nay
st-overdue = quá hạn { $time }
st-done-on-time = hoàn thành đúng hạn
st-done-late = hoàn thành quá hạn
st-no-deadline = không có thời hạn
st-unknown = mất liên lạc, chưa rõ từ { $since }
st-on-course = đúng tiến độ

## Status codes of a directive

doc-01 = đã đến
doc-02 = từ chối tiếp nhận
doc-03 = đã tiếp nhận, số đến { $number }
doc-04 = đã phân công
doc-05 = đang xử lý
doc-06 = hoàn thành
doc-13 = nơi gửi đề nghị lấy lại
doc-15 = đồng ý cho lấy lại, đã hủy bản nhận
doc-16 = không đồng ý cho lấy lại
doc-replaced = đã được thay thế bằng { $number }

## Độ khẩn

urg-0 = thường
urg-1 = khẩn
urg-2 = thượng khẩn
urg-3 = hỏa tốc
urg-4 = hỏa tốc, hẹn { $time }

## Reports

rep-draft = bản nháp
rep-submitted = đã gửi, chờ Tỉnh ủy nhận
rep-received = Tỉnh ủy đã nhận { $time }
rep-returned = trả lại để chỉnh sửa
rep-accepted = đã chấp nhận
rep-consolidated = đã tổng hợp
rep-no-data = chưa có số liệu

## Inspection

insp-met = đạt
insp-partly = đạt một phần
insp-not-met = chưa đạt
insp-fixing = đang khắc phục, hạn { $due }

## Sums

agg-offices = { $count } cơ quan
agg-partial = Tính từ { $counted }/{ $all } cơ quan; { $missing } cơ quan chưa có số liệu.
agg-ontime = Đúng hạn { $signed }% theo giờ ký, { $arrived }% theo giờ đến
