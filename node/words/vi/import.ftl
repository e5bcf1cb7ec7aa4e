### What is wrong with a paper handed to import. Nothing of it is stored in any of these cases.

import-too-large = Tệp nặng quá mức { $limit }. Chưa lưu gì. Tách phụ lục thành tệp đính kèm.
import-not-utf8 = Dòng { $line }: không phải UTF-8. Chưa lưu gì. Lưu lại tệp bằng mã UTF-8.
import-no-front-matter = Tệp không bắt đầu bằng phần thông tin giữa hai dòng ---. Chưa lưu gì. Thêm phần thông tin ở đầu tệp.
import-front-matter-open = Phần thông tin ở đầu tệp không có dòng --- kết thúc. Chưa lưu gì. Thêm dòng --- sau phần thông tin.
import-syntax = Dòng { $line }: không đọc được phần thông tin ({ $reason }). Chưa lưu gì. Sửa dòng này.
import-unknown-field = Dòng { $line }: không có mục “{ $field }”. Chưa lưu gì. Sửa tên mục hoặc bỏ đi.
import-missing-field = Dòng { $line }: thiếu mục “{ $field }”. Chưa lưu gì. Thêm mục này.
import-misplaced-field = Dòng { $line }: loại “{ $kind }” không có mục “{ $field }”. Chưa lưu gì. Bỏ mục này hoặc sửa loại.
import-empty-field = Dòng { $line }: mục “{ $field }” để trống. Chưa lưu gì. Điền nội dung.
import-unknown-value = Dòng { $line }: mục “{ $field }” không nhận giá trị “{ $value }”. Chưa lưu gì. Dùng một trong: { $allowed }.
import-bad-date = Dòng { $line }: mục “{ $field }” có ngày không tồn tại hoặc sai dạng: “{ $value }”. Chưa lưu gì. Viết NĂM-THÁNG-NGÀY, ví dụ 2026-10-05.
import-bad-period = Dòng { $line }: kỳ kết thúc trước khi bắt đầu. Chưa lưu gì. Sửa ngày đầu hoặc ngày cuối.
import-bad-figure = Dòng { $line }: “{ $value }” không phải số viết thường như 1234 hoặc 91.2. Chưa lưu gì. Sửa số, hoặc ghi null nếu chưa có số liệu.
import-bad-finding = Dòng { $line }: câu trả lời không bắt đầu bằng Đạt, Đạt một phần hoặc Chưa đạt. Chưa lưu gì. Sửa câu trả lời.
import-no-recipients = Dòng { $line }: không có nơi nhận. Chưa lưu gì. Ghi ít nhất một mã cơ quan.
import-unknown-office = Dòng { $line }: ngày { $date } không có cơ quan nào mang mã { $code }. Chưa lưu gì. Kiểm tra mã và ngày ban hành.
import-secret = Dòng { $line }: văn bản mật không gửi qua đường này. Chưa có gì được lưu hay gửi đi. Chuyển qua cơ yếu; ở đây chỉ ghi số, độ mật, ngày.
import-rule = Văn bản không đúng quy cách: { $part }. Chưa lưu gì. Kiểm tra mã trùng nhau, mục quá dài hoặc quá nhiều mục.
cli-import = Tiếp nhận
import-new = đã ghi
import-stands = đã có
import-foreign = của cơ quan khác, để ngoài
import-would = sẽ ghi
import-checked = Chưa ghi gì. Bỏ --check thì ghi tất cả, hoặc không ghi văn bản nào.
import-too-long = Nội dung nặng { $size }, quá mức { $limit } của một văn bản. Chưa lưu gì. Chuyển phần dài thành tệp đính kèm.

## What a meeting notice adds to its text; part of the paper, so always in Vietnamese there

meeting-starts = Bắt đầu: { $time }
meeting-moment = { $hour } giờ { $minute }, { $day } { $date }
meeting-place = Địa điểm: { $place }
meeting-online = Có điểm cầu trực tuyến
meeting-agenda = Nội dung:
