### Kiểm chứng và xuất hồ sơ lưu trữ.

proof-good = Đã kiểm chứng: đầy đủ, không bị sửa đổi.
proof-bad = KHÔNG kiểm chứng được. Chỗ sai đầu tiên đứng trên cùng:
proof-lie = Một cơ quan tự mâu thuẫn với mình, dù ký cả hai mục; dữ liệu ở đây không hỏng: { $what }
proof-more = … và { $count } chỗ sai khác.
proof-place = { $office }, lượt ghi { $incarnation }, mục { $seq } (vị trí { $position }):

proof-entries = Số mục
proof-receipts = Biên nhận của trung tâm
proof-refused = Mục bị từ chối
proof-aside = Mục để riêng
proof-islands = Mục thiếu phần đứng trước
proof-held = Mục giữ làm chứng cứ
proof-destroyed = Nội dung đã hủy theo đề nghị lấy lại
proof-withheld-count = Mục không đưa nội dung ra ngoài
proof-newer = Mục cần phiên bản mới hơn để đọc
proof-files = Tệp đính kèm
proof-pending = Tệp chưa có tại đây
proof-archive = Hồ sơ lưu trữ

proof-withheld-why = Nội dung mật không được đưa ra ngoài: những mục đó chỉ còn mã băm và chữ ký.
proof-unvouched = Nơi cấp chứng thư chưa xác nhận khóa của trung tâm trong sổ này, nên người ngoài chưa kiểm chứng được hồ sơ. Khởi động trung tâm bằng phiên bản này một lần, đợi máy nhận thư, rồi xuất lại.
proof-how = Cách tự kiểm chứng nằm trong README.txt của hồ sơ.

proof-unreadable = nội dung không đọc được thành một mục.
proof-hash = nội dung không khớp mã băm đã ghi.
proof-signature = chữ ký không phải của khóa có hiệu lực tại chỗ này.
proof-no-key = trung tâm chưa công bố khóa nào của cơ quan này.
proof-chain = mục đứng trước không phải mục mà nó nối tiếp.
proof-missing = thiếu mục đứng trước ({ $about }).
proof-repeated = chỗ này xuất hiện lần thứ hai.
proof-time = thời gian của nó trước thời gian của mục đứng trước nó.
proof-seen = ở mục đứng trước, tác giả đã thấy nhật ký trung tâm nhiều hơn.
proof-channel = con trỏ kênh tới { $about } không chỉ đúng mục trước đó.
proof-hole = thiếu lời công bố trước đó của trung tâm ({ $about }).
proof-position = thứ tự vị trí bị đứt hoặc lặp; lẽ ra là { $about }.
proof-running = mã băm nối tiếp của sổ không khớp.
proof-receipt-signature = biên nhận không phải do trung tâm ký.
proof-receipted-missing = trung tâm đã ký biên nhận cho mục này nhưng ở đây không còn: phần cuối đã bị cắt.
proof-receipted-other = trung tâm đã ký biên nhận cho một mục khác ở chỗ này.
proof-tip = mục mới nhất không còn ở đây: phần cuối đã bị cắt.
proof-withheld = nội dung bị lược bỏ, dù trung tâm không từ chối mục này.
proof-row = bảng ghi khác với nội dung của mục ({ $about }).
proof-keys = Danh sách khóa khác với lời công bố của trung tâm ({ $about }).
proof-offices = Danh sách cơ quan khác với lời công bố của trung tâm ({ $about }).
proof-attachment = tệp đính kèm { $about } không khớp mã băm.
proof-attachment-missing = thiếu tệp đính kèm { $about }.
proof-file-missing = Thiếu tệp { $about }.
proof-file-altered = Tệp { $about } không khớp mã kiểm trong danh mục.
proof-file-extra = Tệp { $about } không có trong danh mục.
proof-manifest = Danh mục tệp không đúng quy cách ({ $about }).
proof-seal = Dấu niêm phong không phải của cơ quan đã xuất hồ sơ, hoặc không khớp danh mục ({ $about }).
proof-head = Dấu mốc sổ của trung tâm ở vị trí { $about } không có chữ ký của trung tâm.
proof-two-histories = Trung tâm đã ký xác nhận hai nội dung khác nhau cho cùng một vị trí { $about } trong sổ. Giữ cả hai hồ sơ; hỏi người vận hành trung tâm và báo cấp tỉnh.
proof-heads = Dấu mốc sổ của trung tâm
proof-authority = Nơi cấp chứng thư đã chỉ định không xác nhận khóa của trung tâm này ({ $about }).
proof-count = Số lượng hoặc điểm cuối khác với lời khai của hồ sơ ({ $about }).

archive-not-one = Thư mục này không phải hồ sơ lưu trữ của Trục, hoặc thiếu phần cốt yếu. Chưa thay đổi gì. Kiểm tra lại đường dẫn.
archive-newer = Hồ sơ do phiên bản mới hơn xuất (dạng { $version }). Chưa thay đổi gì. Cập nhật phần mềm rồi kiểm chứng lại.
archive-exists = Chỗ này đã có dữ liệu. Chưa ghi gì. Chọn một thư mục chưa có hoặc rỗng.
export-store-damaged = Kho có chỗ sai ({ $place }) nên không xuất. Kho được giữ nguyên. Chạy lệnh verify để xem từng chỗ, rồi khôi phục từ bản sao lưu.
verify-no-authority = Chưa chỉ định nơi cấp chứng thư tin cậy. Chưa kiểm chứng gì. Đưa chứng thư của nơi cấp chứng thư bằng --authority.
