### Tài khoản của cơ quan: đăng nhập, mật khẩu, bản nháp.

account-name = Tên đăng nhập không đúng. Chưa tạo tài khoản. Dùng 1 đến { $limit } ký tự, bắt đầu bằng chữ cái: chữ thường không dấu, chữ số, dấu chấm, gạch nối, gạch dưới.
account-shown-wrong = Tên hiển thị trống hoặc quá dài. Chưa có gì thay đổi. Sửa lại tên.
account-position-wrong = Chức vụ khi ký có hơn hai dòng hoặc quá dài. Chưa có gì thay đổi. Sửa lại chức vụ.
account-role = Ở đây không có vai trò { $role }. Chưa có gì thay đổi. Chọn một trong: { $allowed }.
account-exists = Đã có tài khoản { $name }. Tài khoản đó được giữ nguyên. Chọn tên khác.
account-too-many = Đã có { $limit } tài khoản, không tạo thêm được. Chưa có gì thay đổi. Báo quản trị hệ thống.
account-unknown = Không có tài khoản { $name } ở đây. Chưa có gì thay đổi. Xem danh sách bằng lệnh account list.
figure-silence = Thời gian coi là mất liên lạc phải từ { $least } phút đến { $most } ngày. Chưa lưu gì, thiết lập cũ vẫn dùng. Nhập lại rồi lưu.
figure-soon = Số ngày coi là sắp đến hạn nhiều nhất là { $most }. Chưa lưu gì, thiết lập cũ vẫn dùng. Nhập lại rồi lưu.
account-last-administrator = { $name } là quản trị viên duy nhất còn hoạt động. Chưa có gì thay đổi. Cử thêm một quản trị viên rồi làm lại.
desk-author-unknown = Tài khoản { $author } không còn hoạt động. Chưa ghi gì. Đăng nhập lại.
author-unknown = { $author } không phải tài khoản đang hoạt động ở đây. Chưa ghi gì. Nêu tài khoản bằng --author; xem danh sách bằng lệnh account list.

## Mật khẩu

password-short = Mật khẩu ngắn hơn { $least } ký tự. Mật khẩu cũ được giữ nguyên. Đặt mật khẩu dài hơn, ví dụ vài từ ghép lại.
password-long = Mật khẩu dài hơn { $most } ký tự. Mật khẩu cũ được giữ nguyên. Đặt mật khẩu ngắn hơn.
password-common = Nhiều người dùng mật khẩu này nên dễ bị đoán. Mật khẩu cũ được giữ nguyên. Đặt mật khẩu khác.
password-name = Mật khẩu chứa tên đăng nhập. Mật khẩu cũ được giữ nguyên. Đặt mật khẩu khác.
password-same = Mật khẩu mới trùng mật khẩu cũ. Chưa có gì thay đổi. Đặt mật khẩu khác.
password-wrong = { $wait ->
    [0] Mật khẩu hiện tại không đúng. Chưa có gì thay đổi.
   *[other] Mật khẩu hiện tại không đúng. Chưa có gì thay đổi. Thử lại sau { $wait } giây.
}
password-hash = Không tính được mã băm của mật khẩu. Chưa có gì thay đổi. Thử lại; nếu vẫn vậy, báo quản trị hệ thống.

## Đăng nhập

login-begin-anew = Lượt đăng nhập này đã quá lâu hoặc đã xong. Chưa đăng nhập. Đăng nhập lại từ đầu.
login-crowded = Nhiều người đang đăng nhập cùng lúc. Chưa đăng nhập. Thử lại sau ít giây.
totp-not-begun = Chưa tạo mã cho ứng dụng xác thực. Chưa có gì thay đổi. Bắt đầu lại từ bước quét mã.
totp-wrong = Mã không đúng, hoặc giờ của máy hay điện thoại sai. Chưa có gì thay đổi, hình QR vẫn dùng được. Kiểm tra giờ rồi nhập mã đang hiện trong ứng dụng.
factor-none = Tài khoản { $name } chưa bật xác thực hai lớp. Chưa có gì thay đổi.
factor-own = Không gỡ xác thực hai lớp của chính mình ở đây. Chưa có gì thay đổi. Vào Tài khoản, Xác thực hai lớp, nhập mật khẩu rồi bỏ ứng dụng xác thực hoặc khóa truy cập.
passkey-wrong = Khóa truy cập không được chấp nhận. Chưa có gì thay đổi. Thử lại, hoặc dùng cách xác thực khác.
passkey-unknown = Không có khóa truy cập này. Chưa có gì thay đổi. Tải lại trang để xem danh sách.
passkey-label = Tên của khóa truy cập trống hoặc quá dài. Chưa thêm khóa. Sửa lại tên.
passkey-too-many = Tài khoản đã có { $limit } khóa truy cập. Chưa thêm khóa. Bỏ một khóa không dùng nữa.

## Bản nháp

draft-too-large = Bản nháp lớn hơn { $limit }. Bản đã lưu trước đó vẫn còn. Chuyển phần dài thành tệp đính kèm.
draft-too-many = Đã có { $limit } bản nháp. Các bản nháp đó vẫn còn. Bỏ bớt bản không dùng nữa.
draft-of-another = Bản nháp này của người khác và không dùng chung. Bản nháp được giữ nguyên. Đề nghị người đó chia sẻ.
upload-too-much = Các tệp đã gửi lên mà chưa dùng vượt quá { $limit } GB của một tài khoản. Tệp này chưa lưu. Gửi đi hoặc bỏ bớt các bản nháp có tệp.

## Nhãn

account-label = Tài khoản
account-shown = Họ và tên
account-role-label = Vai trò
account-state = Tình trạng
account-state-active = đang hoạt động
account-state-disabled = đã khóa
account-last-login = Đăng nhập gần nhất
account-password-once = Mật khẩu (chỉ hiện một lần; phải đổi khi đăng nhập lần đầu)
role-clerk = văn thư
role-specialist = chuyên viên
role-chief = lãnh đạo
role-observer = theo dõi
role-supervisor = chỉ đạo, điều hành
role-administrator = quản trị
