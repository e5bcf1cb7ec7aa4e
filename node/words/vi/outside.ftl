## Văn bản ngoài, đơn thư, các sổ

# Đầu cột của các sổ
register-issued = Ngày tháng
register-taker = Đơn vị/người nhận
register-figure = Số
register-sender = Người gửi, địa chỉ
register-summary = Nội dung tóm tắt
register-class = Loại
register-road = Hướng xử lý
register-limit = Hạn
register-result = Kết quả
register-to = Nơi nhận
register-level = Độ mật
register-person = Người nhận
register-task = Nhiệm vụ
register-basis = Căn cứ (văn bản giao)
register-leader = Lãnh đạo phụ trách
register-dues = Hạn gốc / gia hạn
register-state = Tiến độ, kết quả
register-verdict = Đánh giá của nơi giao

# Chữ trong ô
register-unassigned = chưa giao
register-copy = có bản giấy ({ $day })
register-void = Số bỏ trống: { $why }
register-moved = , đổi đến { $due }
register-handed-in = nộp { $day }
register-done = xong { $day }
register-late = muộn { $n } ngày làm việc
register-late-today = muộn trong ngày
register-withdrawn = nơi giao đã rút
register-kept = lưu ({ $day })
register-kept-because = lưu: { $why } ({ $day })
register-reported = đã báo { $why } ({ $day })
register-guided = hướng dẫn ({ $day })
register-guided-because = hướng dẫn: { $why } ({ $day })
register-answered = trả lời { $paper } ({ $day })
register-transferred = chuyển { $to } { $paper } ngày { $day }
register-no-title = (không ghi trích yếu ở đây)
register-again = (lần hai)
register-anonymous = không ghi tên
register-envelope = giữ bí mật, phong bì { $envelope }
register-masked = giữ bí mật
register-accepted = thụ lý ({ $day })
register-given = giao { $who }
register-unsorted = chưa phân loại
register-proposed = đề xuất xong { $day }
register-word = bút phê
register-returned = trả lại { $n } lần
register-passed = giao lại
register-change = đổi đến { $due } ({ $why })
register-state-late = hoàn thành muộn
register-state-on-time = hoàn thành đúng hạn

# Đơn thư
petition-khieu-nai = khiếu nại
petition-to-cao = tố cáo
petition-kien-nghi = kiến nghị
petition-phan-anh = phản ánh
petition-reason-anonymous = nặc danh
petition-reason-repeated = trùng đơn
petition-reason-repeated-of = trùng đơn số { $n }
petition-reason-settled = đã giải quyết
petition-reason-taken-back = người gửi rút đơn

# Tên loại và các việc
au-kind-outside = văn bản ngoài
mv-outside-arrive = vào sổ
mv-outside-paper-copy = ghi nhận bản giấy
mv-outside-void = bỏ số
mv-outside-correct = sửa
mv-outside-summary = ghi nội dung
mv-outside-classify = phân loại
mv-outside-sender = ghi người gửi
mv-outside-identity = xem người gửi
mv-outside-accept = thụ lý
mv-outside-keep = lưu, không giao việc
mv-outside-guide = hướng dẫn
mv-outside-answer = trả lời
mv-outside-transfer = chuyển bằng phiếu
mv-outside-receipt = ghi đã ký nhận
mv-outside-reply = ghi trả lời của nơi nhận
mv-outside-note = ghi ý kiến
mv-outside-full-register = lập sổ đủ người gửi

# Vì sao không được
party-unknown = Chưa có “{ $who }” trong danh sách nơi nhận; thêm vào nếp nhà trước.
party-missing = Chưa nói văn bản của cơ quan nào. Chưa ghi gì.
sender-missing = Chưa nói ai gửi: họ tên, số phong bì, hoặc không ghi tên. Chưa ghi gì.
no-right-identity = Chỉ người giữ quyền danh tính mở được; { $list } giữ quyền này.
identity-in-text = Nội dung có tên hoặc địa chỉ người tố cáo; bỏ đi rồi ghi lại.
identity-on-paper = Cơ quan giữ danh tính người tố cáo trên giấy: bỏ họ tên, địa chỉ và ghi số phong bì. Chưa ghi gì.
petition-decided = Đơn đã có hướng xử lý: { $how ->
    [kept] lưu
    [guided] hướng dẫn
    [answered] trả lời
    [transferred] chuyển
   *[other] { $how }
} { $why } ({ $day }).
answer-by-missing = Phiếu chuyển cần ngày trả lời.
duplicate-paper = { $what } của { $who } ngày { $day } đã vào sổ số { $n }.
paper-copy = { $what } đến qua hệ thống, số đến { $n }; ghi nhận bản giấy ở đó.
number-used = Số đến { $n } đã dùng.

# Cách đến
channel-post = bưu điện
channel-hand = gửi trực tiếp
channel-fax = fax
channel-mail = thư điện tử
channel-axis = trục liên thông
channel-reception = tiếp dân
channel-forwarded = cơ quan khác chuyển đến

# Trang
nav-outside = Văn bản ngoài
registers = Các sổ
register-petitions = Sổ tiếp nhận đơn thư
register-secret = Sổ đăng ký văn bản mật đến
register-transfers = Sổ chuyển giao văn bản
register-tasks = Sổ theo dõi nhiệm vụ
register-empty = Sổ chưa có dòng nào.
register-of-year = Năm { $year }
register-span = Từ số { $first } đến số { $last }
register-keeper = Người giữ sổ
register-chief = Lãnh đạo văn phòng
register-full = Sổ đủ người gửi
register-full-note = Sổ này ghi cả người tố cáo. Lý do và người lập được ghi lại; sổ mở trong 10 phút.
btn-arrive = Vào sổ
btn-arrive-paper = Vào sổ văn bản đến
btn-arrive-petition = Vào sổ đơn thư
btn-arrive-secret = Vào sổ văn bản mật
arrive-paper = Văn bản đến ngoài hệ thống
arrive-petition = Đơn thư
arrive-secret = Văn bản mật
arrive-which = Vào sổ nào?
arrive-level-first = Chọn độ mật trước khi ghi: văn bản mật không ghi trích yếu ở đây.
arrive-secret-note = Ở đây chỉ ghi số, độ mật, ngày, nơi gửi. Không ghi trích yếu, không kèm bản chụp.
arrive-received-hint = Bỏ trống: hôm nay.
arrive-number-hint = Bỏ trống: số kế tiếp trong năm.
arrive-scan-hint = Bản chụp đơn tố cáo: chỉ kèm bản đã lược bỏ tên, địa chỉ, bút tích.
arrive-sender-later = Người gửi được ghi ở trang của đơn sau khi vào sổ; không ghi tên vào nội dung.
arrive-done = Đã vào sổ, số { $number }.
outside-find = Tìm trong văn bản ngoài
outside-newest = Mới vào sổ
outside-what = Văn bản
outside-book = Sổ
outside-next = Có thể làm
outside-channel = Cách đến
outside-pages = Số trang
outside-about = Nêu ai
outside-about-hint = Người của cơ quan mà đơn nêu; người ấy không xem được đơn, đơn vị người ấy không được giao.
outside-earlier = Đơn trước cùng việc
outside-earlier-hint = Số của đơn trước trong sổ năm nay.
outside-sender = Họ tên người gửi
outside-address = Địa chỉ
outside-signers = Số người ký
outside-envelope = Số phong bì giữ danh tính
outside-envelope-hint = Ghi số phong bì thì không ghi họ tên, địa chỉ.
outside-no-sender = chưa ghi
outside-reason = Vì sao lưu
outside-paper = Số văn bản
outside-answer-by = Ngày phải trả lời
outside-field = Sửa mục
outside-value = Thành
outside-opened-now = Người gửi (lần xem này đã được ghi lại):
outside-accepted = đã thụ lý, chờ phân công
outside-decided = { $road ->
    [kept] Đã lưu
    [guided] Đã hướng dẫn
    [answered] Đã trả lời
    [transferred] Đã chuyển
   *[other] { $road }
} { $paper }
field-of-party = cơ quan gửi
field-of-number = số, ký hiệu
field-of-issued = ngày văn bản
field-of-document-type = loại
field-of-title = trích yếu
field-of-channel = cách đến
field-of-pages = số trang
petition-masked = (đơn thư)
btn-find = Tìm
register-not-yours = Sổ này dành cho người giữ quyền đơn thư.
outside-passed = Chuyển đến đơn vị, chờ trả lời
