### States, as on desk, console and command line.

st-not-started = chưa thực hiện
st-in-progress = đang thực hiện, trong hạn
st-due-soon = sắp đến hạn
st-due-today = đến hạn hôm nay
st-overdue = quá hạn { $time }
st-done-on-time = hoàn thành đúng hạn
st-done-late = hoàn thành quá hạn
st-done-unjudged = hoàn thành, chưa rõ giờ đến trung tâm
st-no-deadline = không có thời hạn

## Status codes of a directive

doc-01 = đã đến
doc-02 = từ chối tiếp nhận
doc-03 = đã tiếp nhận, số đến { $number }
doc-04 = đã phân công
doc-05 = đang xử lý
doc-06 = hoàn thành

## Registers of papers

reg-out = Sổ đăng ký văn bản đi
reg-in = Sổ đăng ký văn bản đến
reg-out-empty = Chưa có văn bản nào được đánh số.
reg-in-empty = Chưa có văn bản đến.
reg-number = Số, ký hiệu
reg-issued = Ngày tháng văn bản
reg-title = Tên loại và trích yếu
reg-signer = Người ký
reg-to = Nơi nhận
reg-keeper = Người nhận bản lưu
reg-copies = Số lượng bản
reg-levels = Độ khẩn, độ mật
reg-came = Ngày đến
reg-author = Tác giả
reg-taker = Đơn vị/người nhận
reg-given = Ngày chuyển
reg-signed = Ký nhận
reg-due = Hạn xử lý
reg-term = Nhiệm kỳ
reg-year = Năm
reg-none = không ghi
reg-print = Bản in cả sổ
reg-page = Về trang sổ
reg-printed = In lúc { $at }
reg-refused = bị từ chối, số vẫn tính là đã dùng ({ $why })
reg-doubled = trùng số
reg-versions = { $count } lần ban hành
reg-taken-back = đã đề nghị lấy lại
reg-given-back = đã hủy theo đề nghị lấy lại
reg-not-taken = từ chối tiếp nhận

## Độ khẩn

urg-0 = thường
urg-1 = khẩn
urg-2 = thượng khẩn
urg-3 = hỏa tốc
urg-4 = hỏa tốc, hẹn { $time }

## Reports

rep-returned = trả lại để chỉnh sửa
rep-accepted = đã chấp nhận
rep-no-data = chưa có số liệu

## Inspection

insp-met = đạt
insp-partly = đạt một phần
insp-not-met = chưa đạt

## Sums

agg-offices = { $count } cơ quan
agg-partial = Tính từ { $counted }/{ $all } cơ quan; { $missing } cơ quan chưa có số liệu.
