### Files that go with entries.

attachment-too-large = Tệp nặng { $size }, quá mức { $limit }. Các tệp khác vẫn còn. Nén hoặc tách tệp rồi thêm lại.
attachment-not-a-file = Không phải tệp thường. Chưa lưu gì. Chọn một tệp.
attachment-name = Tên tệp quá dài hoặc không phải UTF-8. Chưa lưu gì. Đổi tên tệp rồi thêm lại.
attachment-absent = Chưa có tệp này ở đây, hoặc không được xem. Phần đã nhận được giữ. Chờ tệp đến rồi mở lại.
attachment-wrong = Tệp nhận được không khớp mã kiểm tra. Bản sai đã bỏ, không dùng. Có mạng sẽ tự nhận lại từ đầu.
attachment-changed = Tệp thay đổi trong khi đang đọc. Chưa lưu gì. Đóng chương trình đang sửa tệp rồi thêm lại.
attachment-busy = Tệp này đang được nhận ở lượt khác. Phần đã nhận được giữ. Không cần làm gì.
attachment-spoilt = Tệp đính kèm này bị hỏng trên đĩa. Tệp hỏng đã được để riêng, không hiển thị. Lần khởi động sau máy tự nhận lại; tệp của chính cơ quan thì đính kèm lại từ bản gốc.
attachment-no-room = Ổ đĩa gần đầy, chỗ còn lại dành cho văn bản. Phần tệp đã nhận được giữ. Dọn chỗ trên ổ đĩa, tệp sẽ tự nhận tiếp.
attachment-gone = Tệp này không còn nữa. Mọi nội dung khác đã nhập vẫn còn. Chọn lại tệp rồi thêm lại.
attachment-too-many = { $count } tệp là quá nhiều cho một văn bản. Chưa lưu gì. Mỗi văn bản kèm được tối đa { $limit } tệp; hãy nén nhiều tệp thành một.
