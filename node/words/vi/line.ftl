### The line to the hub, in one honest sentence.

line-ok = Đường truyền với Tỉnh ủy thông suốt. Đã gửi hết; đã nhận đủ đến { $time }.
line-saved = Đã lưu tại máy này.
line-off = Mất liên lạc với Tỉnh ủy từ { $time }. Mọi việc vẫn lưu tại máy này; { $count } mục chờ gửi, có mạng sẽ tự gửi.
line-later = Đến { $time }, trung tâm chưa nhận thêm của cơ quan này: { $what }. Mọi mục vẫn lưu tại máy này và sẽ tự gửi; văn bản đến vẫn nhận bình thường.
later-entries = số mục gửi trong ngày vượt mức cho phép
later-bytes = dung lượng gửi trong ngày vượt mức cho phép
later-refused = hôm nay nhiều mục bị từ chối; báo cấp tỉnh
later-disk = đĩa ở trung tâm sắp đầy; báo cấp tỉnh
later-other = lượng gửi trong ngày vượt mức cho phép
line-rebuild = Đang dựng lại sổ tra cứu: { $percent }%. Văn bản vẫn còn đủ, xem được sau ít phút.
line-refused = Tỉnh ủy không nhận mục này: { $reason }. Bản gốc vẫn lưu trong sổ, không gửi đi đâu. Sửa và gửi bản mới.
line-newer = Mục này cần phiên bản mới hơn. Bản gốc được giữ nguyên. Cập nhật phần mềm để xem.
line-gap = Thiếu { $count } mục từ { $office }. Những mục đã nhận vẫn xem được. Đã đề nghị Tỉnh ủy gửi lại.
doubt-two-histories = Trung tâm đã ký hai lịch sử khác nhau của sổ (vị trí { $position }). Mọi thứ đã nhận vẫn được giữ. Xuất hồ sơ (truc-node export) và báo cấp tỉnh.
doubled-numbers = Có hai văn bản của cơ quan cùng một số: { $numbers }. Hai máy đã ghi cùng lúc mà không biết nhau. Với mỗi cặp, ban hành lại hoặc hủy một văn bản, và báo nơi đã nhận.
doubt-owed = Trung tâm nói còn văn bản gửi cho cơ quan này, nhưng từ { $time } không chuyển gì dù đường truyền vẫn thông. Báo cấp tỉnh.
doubt-files-room-here = Ổ đĩa ở đây gần đầy, chỗ còn lại dành cho văn bản: { $down } tệp chờ nhận. Dọn chỗ trên ổ đĩa; tệp sẽ tự về.
doubt-files-room-at-hub = Ổ đĩa của trung tâm gần đầy, chỗ còn lại dành cho văn bản: { $up } tệp của cơ quan này chờ tại đây. Văn bản vẫn gửi được. Báo cấp tỉnh; có chỗ thì tệp tự gửi.
doubt-files-quota = Cơ quan này gửi nhiều tệp hơn mức trung tâm nhận của một cơ quan, một lúc hoặc trong ngày: { $up } tệp chờ tại đây, sẽ tự gửi sau. Nếu gấp, báo cấp tỉnh.
doubt-files-wrong = Tệp của cơ quan này nhiều lần đến trung tâm bị sai: { $up } tệp chờ gửi lại. Nếu còn lặp lại, báo quản trị.
doubt-unheard = { $papers } văn bản, cũ nhất từ { $time }: { $offices } cơ quan chưa báo đã đến. Thường là máy ở đó đang tắt. Gọi điện hỏi một nơi; nếu máy đang chạy mà chưa có văn bản, báo cấp tỉnh.

store-is-full = Đĩa đầy từ { $time }, chưa lưu thêm được. Những gì đã lưu vẫn còn nguyên và đọc được. Giải phóng chỗ trên đĩa; kho tự ghi tiếp.
store-is-read-only = Đĩa chỉ cho đọc từ { $time }: đĩa bị đặt chế độ chỉ đọc, hoặc thư mục không cho ghi. Những gì đã lưu vẫn đọc được; chưa lưu thêm được gì. Báo quản trị; đĩa ghi được lại thì kho tự ghi tiếp.
store-is-failing = Đĩa báo lỗi từ { $time }, chưa lưu thêm được. Những gì đã báo là lưu được kiểm tra lại trên đĩa; đĩa tốt lại thì kho tự ghi tiếp. Báo quản trị.
store-is-in-use = Chương trình khác đang dùng kho từ { $time }: đây là những gì đã có đến lúc đó. Từ đây chưa lưu được gì cho đến khi chương trình kia kết thúc.
store-is-damaged = Dữ liệu trên đĩa không còn đúng như đã ghi, phát hiện lúc { $time }. Kho không ghi thêm. Giữ nguyên thư mục; báo quản trị, hoặc khôi phục từ bản sao lưu.
store-has-damage = Mục ở vị trí { $position } bị hỏng trên đĩa. Các mục khác vẫn còn. Báo quản trị; khôi phục từ bản sao lưu.
derived-views = Bảng xem
derived-search = Mục lục tìm kiếm
derived-mail = Mục lục chuyển thư
derived-behind = { $what } chưa theo kịp từ { $time }: đĩa báo lỗi. Sổ gốc vẫn nguyên vẹn, việc gửi nhận vẫn chạy; máy tự làm lại sau ít phút. Nếu kéo dài, báo quản trị xem đĩa.
derived-anew = { $what } bị hỏng trên đĩa lúc { $time } và đang được dựng lại từ sổ gốc ({ $percent } %). Không mất văn bản nào. Nếu gặp lại, báo quản trị xem đĩa.
derived-mended = { $what } bị hỏng trên đĩa lúc { $time } và đã được dựng lại đầy đủ từ sổ gốc. Không mất văn bản nào. Nếu gặp lại, báo quản trị xem đĩa.
derived-passed = { $what } bỏ qua { $count } mục ghi không đọc vào được. Không mất gì trong sổ gốc; báo người hỗ trợ.
search-behind = Mục lục tìm kiếm đang được dựng, kết quả có thể còn thiếu. Xin tìm lại sau ít phút.
outcome-undigested = chưa đọc vào được; văn bản vẫn còn trong sổ gốc
line-undigested = Chưa đọc vào được
line-undigested-says = Các mục ghi này có trong sổ gốc nhưng chương trình chưa đọc vào bảng được. Mọi việc khác vẫn chạy. Báo người hỗ trợ kèm dòng dưới đây.

## Clocks

cli-clock = Đồng hồ
cli-clock-shows = Đồng hồ đang chỉ
cli-clock-counts = Giờ được tính
cli-clock-believed = Tin được
clock-ahead = Đồng hồ máy này nhanh hơn đồng hồ của tỉnh { $time }. Việc ghi vào sổ lấy giờ của tỉnh. Hãy chỉnh đồng hồ: chưa chỉnh thì mã xác thực lớp hai có thể không khớp, và khi mất đường truyền giờ sai sẽ được ký vào sổ.
clock-behind = Đồng hồ máy này chậm hơn đồng hồ của tỉnh { $time }. Việc ghi vào sổ lấy giờ của tỉnh. Hãy chỉnh đồng hồ: chưa chỉnh thì mã xác thực lớp hai có thể không khớp.
clock-doubted = Đồng hồ của trung tâm chưa tin được: đang chỉ { $shows }, giờ được tính là { $counts }. Văn bản vẫn chuyển; chưa cấp chứng thư và không xét ai trễ hạn theo đồng hồ này. Hãy chỉnh đồng hồ; nếu nó đúng, chạy: truc-hub clock accept
clock-why-jumped = đồng hồ đã bị chỉnh hoặc bị hỏng: chừng ấy thời gian chưa hề trôi qua
clock-why-behind = sổ của trung tâm có mục mới hơn
clock-why-offices = đồng hồ của các cơ quan nói khác
clock-why-long-stop = trung tâm ngừng lâu hơn thời hạn của mọi chứng thư
time-signed = giờ ký { $time }
time-arrived = đến trung tâm { $time }
cli-signed = Giờ ký
cli-came = Đến trung tâm
cli-clock-why = Vì sao
