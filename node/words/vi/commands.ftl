### What a command is refused for.

not-enrolled = Kho này chưa được kích hoạt cho cơ quan nào. Chưa có gì thay đổi. Nhập mã trong thư: truc-node enrol MÃ.
office-unknown = Không có cơ quan nào mang mã { $office }. Chưa ghi gì. Kiểm tra lại mã, hoặc dùng định danh.
record-unknown = Không có hồ sơ { $record } ở đây. Chưa ghi gì. Xem danh sách bằng lệnh list.
record-ambiguous = { $record } chỉ nhiều hồ sơ: { $found }. Chưa ghi gì. Nêu định danh dài hơn.
entry-unknown = Không có bút toán { $entry } trong kho này. Xem danh sách bằng lệnh log.
move-not-allowed = Hồ sơ lúc này không cho phép "{ $move }". Chưa ghi gì. Được phép: { $allowed }.
move-none = Cơ quan này lúc này không được làm gì với hồ sơ, kể cả "{ $move }". Chưa ghi gì. Xem hồ sơ bằng lệnh show.
number-resuming = Kho này đang nhận lại sổ của mình nên chưa biết số cuối đã cấp. Chưa ghi gì. Chờ kết nối xong, hoặc nêu số bằng --number hay --no-number.
number-taken = Số { $number } đã dùng trong nhiệm kỳ này. Chưa ghi gì. Dùng số khác, hoặc bỏ --number để lấy số kế tiếp.
value-wrong = Giá trị "{ $value }" không đúng. Chưa ghi gì. Xem --help của lệnh này.
part-form = "{ $part }" không đúng dạng { $form }. Chưa ghi gì. Sửa lại theo dạng đó.
views-behind = Bảng chưa theo kịp sổ. Những gì đã lưu vẫn còn nguyên. Chờ ít phút; nếu vẫn vậy, chạy rebuild-views.
store-stopped = Kho không nhận ghi nữa sau một lỗi đĩa. Những gì đã báo là lưu vẫn còn. Kiểm tra đĩa rồi khởi động lại.
import-not-ours = Văn bản này của { $office }, không phải của cơ quan này. Chưa ghi gì. Đưa vào ở máy của cơ quan đó.
refusal-unknown-office = Sổ đăng ký chưa có cơ quan này hoặc một nơi nhận. Chưa ghi gì. Chờ kết nối với trung tâm, hoặc kiểm tra nơi nhận.
refusal-not-hub = Chỉ trung tâm được ghi sổ đăng ký. Chưa ghi gì. Đề nghị quản trị cấp tỉnh.
refusal-may-not-direct = Văn bản chỉ đạo hoặc việc giao chỉ được gửi cho cơ quan mình và cấp dưới. Chưa ghi gì. Gửi công văn thay thế, hoặc bỏ nơi nhận đó.
refusal-may-not-address = Việc này không được gửi đến một trong các nơi nhận. Chưa ghi gì. Kiểm tra nơi nhận: cấp trên, cấp dưới hay ngang cấp.
refusal-secret = Nội dung mật không đi qua kênh này. Chưa ghi hay gửi gì. Gửi qua cơ yếu; ở đây chỉ ghi số, ngày, trích yếu.
refusal-malformed = Nội dung sai dạng. Chưa ghi gì. Tìm mã trùng, chữ quá dài, ngày sai.
refusal-too-large = Nội dung quá lớn. Chưa ghi gì. Rút ngắn, hoặc đưa vào tệp kèm theo.
refusal-format = Dạng bút toán này trung tâm chưa biết. Bút toán vẫn ở trong sổ. Cập nhật chương trình.
refusal-signature = Chữ ký không đúng khóa của cơ quan. Bút toán không được chuyển đi. Báo quản trị cấp tỉnh.
refusal-chain = Bút toán không nối tiếp bút toán trước. Không được chuyển đi. Báo quản trị cấp tỉnh.
hub-not-made = Ở đây chưa có trung tâm. Chưa có gì thay đổi. Tạo bằng lệnh truc-hub init, hoặc kiểm tra --dir.
hub-exists = Ở đây đã có trung tâm. Chưa có gì thay đổi. Dùng thư mục khác, hoặc tiếp tục với trung tâm này.
hub-toml-wrong = Không đọc được cấu hình: { $reason }. Chưa có gì thay đổi. Sửa dòng đó.
code-not-for = Không cấp mã cho cơ quan này: là trung tâm hoặc đã kết thúc. Chưa có gì thay đổi. Chọn cơ quan khác.
code-valid = “{ $value }” không phải thời hạn của mã. Chưa cấp mã nào. Viết như 15m (phút), 36h (giờ) hoặc 7d (ngày), nhiều nhất { $most } ngày.
revoke-none = Cơ quan { $office } chưa có máy nào được kích hoạt. Chưa có gì thay đổi. Kiểm tra lại mã.
question-none = Hiện không có máy nào của { $office } đang chờ trả lời. Chưa có gì thay đổi. Kiểm tra bằng lệnh question list: chỉ chấp nhận được máy khi máy đang chờ.
list-form = Dòng { $line }: không đúng dạng CSV. Chưa ghi gì. Sửa dòng này.
list-missing-column = Thiếu cột { $column }. Chưa ghi gì. Cần các cột code, parent_code, tier, kind, name.
list-unknown-column = Dòng { $line }: không có cột nào tên "{ $column }". Chưa ghi gì. Sửa tên hoặc bỏ cột.
list-too-large = Danh sách nặng quá mức { $limit } byte. Chưa ghi gì. Kiểm tra lại tệp.
list-too-long = Dòng { $line }: danh sách dài quá { $limit } cơ quan. Chưa ghi gì. Kiểm tra lại tệp.
list-columns = Dòng { $line }: có { $found } ô, cần { $expected }. Chưa ghi gì. Sửa dòng này.
list-empty = Dòng { $line }: mã hoặc tên trống hay quá dài. Chưa ghi gì. Sửa dòng này.
list-duplicate = Dòng { $line }: mã { $code } đã có ở dòng { $first }. Chưa ghi gì. Bỏ một trong hai dòng.
list-tier = Dòng { $line }: không có cấp "{ $tier }". Chưa ghi gì. Dùng province, district hoặc commune.
list-not-utf8 = Dòng { $line }: không phải UTF-8. Chưa ghi gì. Lưu lại tệp dạng UTF-8.
list-no-parent = Dòng { $line }: không có cơ quan cấp trên { $parent }. Chưa ghi gì. Thêm cơ quan đó, hoặc sửa mã.
list-wrong-parent = Dòng { $line }: cấp { $tier } không trực thuộc cấp { $above }. Chưa ghi gì. Sửa cấp hoặc mã cấp trên.

### The disk, measured.

disk-commits = Số lần ghi
disk-fastest = Nhanh nhất
disk-median = Trung vị
disk-p99 = 99 trong 100 lần không quá
disk-per-second = Mỗi giây
disk-is-memory = Thư mục này nằm trong bộ nhớ: tắt máy là mất hết. Đặt kho trên đĩa.
disk-is-doubted = Nhanh hơn mức mọi đĩa ghi được: đĩa báo đã ghi khi chưa ghi xong. Mất điện có thể mất cả những gì đã báo là lưu. Tắt bộ đệm ghi của đĩa hoặc chế độ ghi sau của máy ảo, rồi đo lại.
disk-is-quick = Ghi nhanh như đĩa tốt. Dùng được cho cơ quan và cho trung tâm.
disk-is-slow = Ghi chậm như đĩa quay. Dùng được cho một cơ quan; trung tâm có nhiều cơ quan kết nối nên dùng đĩa nhanh hơn.
disk-is-very-slow = Mỗi lần lưu sẽ phải chờ. Xem việc gì khác đang dùng đĩa này, hoặc dùng đĩa khác.
