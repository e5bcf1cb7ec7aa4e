### What went wrong: what happened. What was kept. What to do.


## The system

io-disk-full = Đĩa đã đầy, chưa ghi được. Những gì đã lưu vẫn còn nguyên. Giải phóng chỗ trên đĩa rồi làm lại.
io-read-only = Đĩa hoặc thư mục chỉ cho đọc, chưa ghi được. Những gì đã lưu vẫn còn nguyên. Gắn lại đĩa ở chế độ ghi rồi làm lại.
io-denied = Không được phép đọc hoặc ghi ở đây. Chưa có gì thay đổi. Chạy bằng đúng tài khoản hệ thống, hoặc sửa quyền của thư mục.
io-not-a-folder = Chỗ cần thư mục lại là một tệp. Chưa thay đổi gì. Kiểm tra lại đường dẫn.
io-not-found = Không có tệp hoặc thư mục này. Chưa có gì thay đổi. Kiểm tra lại đường dẫn.
io-address-in-use = Địa chỉ và cổng này đã có chương trình khác dùng. Chưa có gì thay đổi. Dừng chương trình kia, hoặc chọn cổng khác.
io-other = Hệ thống báo lỗi: { $error }. Những gì đã lưu vẫn còn nguyên. Xem nhật ký, rồi làm lại.

## The store

store-locked = Kho đang do tiến trình { $pid } sử dụng. Chưa có gì thay đổi. Chờ tiến trình đó xong, hoặc dừng nó rồi làm lại.
store-busy = Kho đang bận. Chưa có gì thay đổi. Làm lại sau ít giây.
store-cannot-open = Không mở được kho. Chưa có gì thay đổi. Kiểm tra đường dẫn và quyền của thư mục.
store-disk-fails = Đĩa báo lỗi khi đọc hoặc ghi. Chỉ những gì đã báo là lưu mới chắc chắn còn. Sao lưu ngay, kiểm tra đĩa rồi khởi động lại.
store-damaged = Một tệp cơ sở dữ liệu đọc ra không như đã ghi: đĩa báo lỗi, hoặc tệp bị hỏng. Không ghi gì thêm vào đó. Xem đĩa trước; nếu đĩa tốt, giữ nguyên thư mục và khôi phục từ bản sao lưu, hoặc gọi quản trị.
derived-damaged = Một tệp dựng từ sổ gốc bị hỏng trên đĩa. Không mất văn bản nào, máy đang tự dựng lại. Thử lại sau giây lát; nếu gặp lại, xem đĩa.
store-not-ours = Tệp này không phải dữ liệu của Trục. Không ghi gì vào đó. Kiểm tra lại thư mục kho.
store-entry-damaged = Mục ở vị trí { $position } bị hỏng. Các mục khác vẫn còn; không ghi thêm gì. Khôi phục từ bản sao lưu hoặc báo quản trị.
store-shorter = Sổ trong thư mục này chỉ đến mục { $found }, trong khi tại đây đã lưu đến mục { $known }. Chưa có gì thay đổi. Nếu đã chép tệp dữ liệu, hãy chép đủ; muốn dùng bản sao lưu, dùng lệnh restore.
store-gone = Tệp này đã bị lấy khỏi thư mục kho, hoặc bị thay bằng tệp khác, trong lúc chương trình đang chạy. Từ lúc đó không lưu gì nữa. Nếu tệp bị chuyển đi, hãy đưa về chỗ cũ và giữ nguyên các tệp bên cạnh; nếu đã mất, hãy dừng chương trình và khôi phục bản sao lưu vào thư mục khác.
store-other-office = Kho này của cơ quan khác ({ $office }). Chưa có gì thay đổi. Chọn đúng thư mục.
store-newer = Kho do phiên bản mới hơn ghi (dạng { $version }). Kho được giữ nguyên. Cập nhật phần mềm rồi mở lại.
store-older = Kho do bản chạy thử ghi (dạng { $version }), chương trình này không đọc được. Kho được giữ nguyên. Hãy mở bằng chương trình đã ghi kho, hoặc đăng ký lại cơ quan vào một thư mục trống.
store-setting = SQLite không nhận thiết lập { $setting } mà việc lưu an toàn cần đến. Không mở kho. Dùng bản phần mềm được phát hành kèm thư viện.
store-other = Kho báo lỗi: { $error }. Những gì đã lưu vẫn còn nguyên. Xem nhật ký, rồi làm lại.
entry-form = Không ghi được mục này: sai quy cách ({ $reason }). Chưa có gì được lưu. Rút gọn hoặc sửa nội dung rồi làm lại.
keys-unusable = Khóa của máy này không dùng được. Khóa được giữ nguyên. Chỉ chủ sở hữu được đọc tệp khóa (quyền 600); nếu tệp hỏng, khôi phục từ bản sao lưu; máy của cơ quan còn có thể kết nối lại bằng mã mới.
configuration-wrong = Cấu hình không cho phép kết nối. Chưa có gì thay đổi. Kiểm tra địa chỉ trung tâm (máy:cổng) trong cấu hình.

## The hub

hub-unreachable = Chưa kết nối được với trung tâm. Mọi việc vẫn lưu tại máy này. Kiểm tra mạng rồi làm lại.
hub-clock = Trung tâm chưa tin đồng hồ của mình nên lúc này không cấp chứng thư. Chưa có gì thay đổi, mã chưa bị dùng. Báo quản trị cấp tỉnh và thử lại trước khi mã hết hạn.
hub-refused = Trung tâm không nhận máy này. Mọi việc vẫn lưu tại máy này. Báo quản trị cấp tỉnh.
hub-revoked = Chứng thư của máy này đã bị thu hồi. Sổ vẫn còn tại máy này. Hỏi quản trị cấp tỉnh, rồi kết nối lại bằng mã mới.
hub-not-ours = Máy trả lời không phải trung tâm đã tin cậy, hoặc đồng hồ máy này sai. Không gửi gì đi. Kiểm tra địa chỉ và giờ của máy.

## Enrolment

enrol-damaged = Mã kết nối bị gõ thiếu hoặc sai ký tự. Chưa có gì thay đổi. Nhập lại đủ mã như trong thư kết nối.
enrol-wrong = Trung tâm không cấp mã này. Chưa có gì thay đổi. Kiểm tra lại thư kết nối, hoặc xin mã mới.
enrol-used = Mã này đã dùng cho một máy khác. Chưa có gì thay đổi. Nếu không phải máy của cơ quan, báo ngay quản trị cấp tỉnh; xin mã mới.
enrol-expired = Mã này đã hết hạn. Chưa có gì thay đổi. Xin mã mới.
enrol-throttled = Lúc này trung tâm chưa nhận kết nối thêm từ máy này: đã nhập sai mã quá nhiều lần từ địa chỉ này (chờ một phút), máy vừa kết nối với khóa khác (chờ mười phút), hoặc hôm nay cơ quan đã kết nối máy quá nhiều lần (thử lại sau vài giờ). Chưa có gì thay đổi.
enrol-already = Kho này đã kết nối bằng chính mã này. Chưa có gì thay đổi. Cứ dùng tiếp, hoặc xin mã mới.
enrol-other-office = Mã này cấp cho cơ quan khác, không phải cơ quan của kho này. Chưa có gì thay đổi, mã vẫn còn dùng được. Kiểm tra lại thư, hoặc kết nối trong thư mục trống.

## The local socket

local-nobody = Không có chương trình nào đang chạy với kho này. Chưa có gì thay đổi. Khởi động bằng lệnh serve, hoặc làm lại.
local-busy = Dịch vụ đang chạy không nhận yêu cầu. Chưa có gì thay đổi. Thử lại; nếu vẫn vậy, khởi động lại dịch vụ và xem nhật ký: có thể đã hết số tệp được mở.
local-cut = Chương trình đang chạy đã dừng giữa chừng. Những gì đã báo là đã lưu thì vẫn còn. Xem lại trạng thái trước khi làm lại.
page-foreign = Yêu cầu này đến từ trang của một nơi khác. Chưa thay đổi gì. Mở đúng địa chỉ của cơ quan mình rồi làm lại ở đó.
page-proxied = Yêu cầu này qua một máy trung gian (proxy) trên chính máy này; cách đó không dùng được. Chưa làm gì. Cho trang phục vụ trực tiếp bằng --desk hoặc --console với địa chỉ của máy trong mạng.
import-all-too-large = Các tệp có tổng cộng { $size }, vượt quá { $limit }. Chưa nhập gì. Chia ra, mỗi lần nhập ít tệp hơn.
local-too-large = Yêu cầu nặng { $size }, quá mức { $limit }. Chưa có gì thay đổi. Chia nhỏ rồi làm lại.
local-request = Chương trình đang chạy không hiểu yêu cầu này. Chưa có gì thay đổi. Dùng cùng một phiên bản cho cả hai.
