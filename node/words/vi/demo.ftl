# truc-hub demo: một tỉnh trên máy này.
demo-hub = Dựng trung tâm của tỉnh; { $offices } cơ quan sẽ chạy máy của mình.
demo-enrol = Kết nối từng cơ quan bằng mã trong thư kết nối.
demo-connect = Khởi động máy của các cơ quan, chờ tất cả nối được với trung tâm.
demo-storm = Tỉnh ủy ban hành công văn hỏa tốc 913-CV/TU về ứng phó bão số 9.
demo-papers = Tỉnh ủy gửi tiếp chương trình công tác, hướng dẫn, yêu cầu tự kiểm tra, thông báo họp.
demo-answers = Các cơ quan tiếp nhận, vào sổ đến, xác nhận hướng dẫn.
demo-cut = Cắt đường truyền của { $office }; ở đó vẫn lập báo cáo, tỉnh vẫn gửi công văn.
demo-inside = Trong lúc đó, bên trong { $office }: khai nếp nhà, giao việc của công văn cho từng người; vào sổ văn bản và đơn đến bằng đường bưu điện; một công văn được soạn, thẩm định, ký, ban hành.
demo-kill = { $office } gửi văn bản rồi mất điện đột ngột (SIGKILL), sau đó bật lại.
demo-restore = Nối lại đường truyền của { $office }; mọi thứ tự gửi bù.
demo-judged = Tỉnh ủy chấp nhận báo cáo, bắt đầu thẩm tra, trung tâm gửi hướng dẫn.
demo-rest = Chờ mọi mục đến đủ mọi nơi nhận.
demo-stolen = Máy của { $office } bị mất cắp: máy đó bị thu hồi, cơ quan kết nối máy khác.
demo-safe = Cất vào két khóa của nơi cấp chứng thư và bản xuất sổ đăng ký cơ quan.
demo-lost = Mất trung tâm: cả thư mục bị xóa. Trung tâm được dựng lại từ những gì cất trong két; trong lúc đó cơ quan vẫn ghi được.
demo-refill = Các máy tự gọi lại và trả cho trung tâm mọi thứ.
demo-again = Những gì có trước đó nay có lại: { $entries } mục, biên nhận của { $receipts } cơ quan, { $revocations } lệnh thu hồi, { $files } tệp; thiếu { $lacking }.
demo-stopping = Dừng tất cả.
demo-checking = Mở các kho từ bên ngoài và kiểm tra từng lời hứa.
demo-good = Đúng: { $offices } cơ quan, { $entries } mục, { $deliveries } lượt gửi đến, { $receipts } biên nhận; mất { $lost }, trùng { $duplicates }, sai thứ tự { $disordered }; mọi chữ ký và sổ tra cứu đều khớp.
demo-bad = SAI: { $offices } cơ quan, { $entries } mục, { $deliveries } lượt gửi đến, { $receipts } biên nhận; mất { $lost }, trùng { $duplicates }, sai thứ tự { $disordered }. Chi tiết ở dưới.
demo-stays = Tỉnh này còn chạy; dừng bằng Ctrl-C. Thử các lệnh sau ở cửa sổ khác:
demo-not-empty = Thư mục không trống. Chưa có gì bị thay đổi. Chọn thư mục khác hoặc thư mục chưa có.
demo-no-program = Không thấy chương trình này cạnh truc-hub. Chưa có gì được tạo. Dựng cả hai chương trình (cargo build --bins) rồi chạy lại.
demo-failed = Một bước của buổi diễn không thành. Các máy đã bật được dừng lại. Xem nguyên nhân với RUST_LOG=debug.
demo-too-long = Chờ quá lâu mà điều mong đợi không xảy ra. Các máy đã bật được dừng lại. Chạy lại khi máy rảnh hơn.
demo-check-failed = Không mở được các kho để kiểm tra. Các kho được giữ nguyên. Xem nguyên nhân với RUST_LOG=debug.
demo-pages = Mở bằng trình duyệt (địa chỉ, tài khoản / mật khẩu, cơ quan):
demo-work = Tỉnh ủy vừa gửi một công văn hỏa tốc chưa nơi nào tiếp nhận.
