### Looking after stores: backup, restore, what lost a fork, a hub that is being refilled.

backup-made = Đã sao lưu, đã đọc lại và kiểm tra. Tệp chứa khóa của máy: cất nơi chỉ người có trách nhiệm lấy được.
restore-done = Đã khôi phục. Khởi động bằng lệnh serve: những gì có sau bản sao lưu sẽ tự lấy lại; trong lúc đó vẫn ghi được.
backup-no-folder = Không có thư mục này. Chưa tạo gì. Hãy tạo hoặc gắn thư mục trước: --keep đếm các bản sao lưu trong một thư mục.
backup-exists = Đã có tệp này. Không ghi đè. Chọn tên khác, hoặc đưa một thư mục để tự đặt tên.
backup-terminal = Bản sao lưu là dữ liệu nhị phân, không in ra màn hình. Chưa sao lưu gì. Chuyển đầu ra vào tệp hoặc chương trình khác.
backup-not-one = Tệp này không phải bản sao lưu do Trục tạo. Chưa có gì thay đổi. Tệp dữ liệu chép tay không dùng để khôi phục được; chọn tệp do lệnh backup tạo.
backup-damaged = Bản sao lưu hỏng ở phần { $file }. Chưa khôi phục gì. Dùng bản sao lưu khác.
backup-other-kind = Bản sao lưu này của loại chương trình kia (trung tâm hoặc cơ quan). Chưa có gì thay đổi. Dùng đúng chương trình.
restore-occupied = Thư mục không trống: trong đó có { $found }. Chưa có gì thay đổi. Chọn thư mục trống, hoặc chuyển kho cũ đi chỗ khác và giữ lại.
cli-backup-taken = Sao lưu lúc
cli-unreceipted = Chưa có biên nhận
registry-exported = Đã xuất sổ đăng ký cơ quan. Cất cùng khóa của nơi cấp chứng thư (authority.key): hai thứ này đủ để dựng lại trung tâm đã mất.
rebuild-done = Đã dựng lại trung tâm. Khởi động bằng lệnh serve: các cơ quan gọi đến sẽ trả lại mọi thứ; xem tiến độ bằng truc-hub refill.
rebuild-other-authority = Khóa này không phải khóa đã niêm phong bản xuất sổ đăng ký. Chưa dựng lại gì. Dùng khóa của nơi cấp chứng thư lúc xuất, hoặc bản xuất khác.
refill-none = Trung tâm chưa lần nào phải khôi phục.
refill-done = Mọi cơ quan đã gọi lại, không còn thiếu mục nào.
cli-called = Đã gọi lại
cli-not-called = Chưa gọi lại
cli-lacking = Còn thiếu mục số
cli-instead = Đang giữ chỗ
cli-again = Ban hành lại ở vị trí
aside-unknown = Không có mục nào bị gác lại ở vị trí { $position } mà chưa ban hành lại. Chưa có gì thay đổi. Xem aside list.
aside-unreadable = Mục ở vị trí { $position } không đọc được bằng phiên bản này. Mục vẫn được giữ. Cập nhật phần mềm rồi làm lại.

# The page at desk and console.
backup-asks = Người quản trị của cơ quan lấy bản sao lưu tại mục Sao lưu.
backup-daily = Để máy tự sao lưu mỗi ngày, đặt lịch cho lệnh này, ra đĩa khác hoặc máy khác:
backup-keys = Tệp sao lưu chứa khóa của máy: ai có tệp này có thể đứng tên cơ quan. Cất nơi chỉ người có trách nhiệm lấy được.
backup-wait = Kho lớn có thể mất vài phút; mọi người vẫn làm việc bình thường trong lúc đó.
btn-backup = Tải bản sao lưu
field-backup-files = Kèm cả tệp đính kèm
hint-backup-files = Không kèm thì bản sao lưu nhỏ hơn nhiều; khi khôi phục, tệp được lấy lại từ trung tâm.
backup-how-hub = Sao lưu trong lúc chương trình vẫn chạy, ra đĩa khác hoặc máy khác; tệp được đọc lại và kiểm tra. Các cơ quan còn giữ văn bản của mình và văn bản đã nhận: trung tâm được khôi phục thì lấy lại từ họ những gì có sau bản sao lưu.
hint-backup-files-hub = Không kèm thì bản sao lưu nhỏ hơn nhiều; khi khôi phục, tệp được lấy lại từ các cơ quan còn giữ.
