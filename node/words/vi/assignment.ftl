### Giao việc trong cơ quan.

au-kind-assignment = giao việc

mv-assignment-give = giao việc
mv-assignment-propose = đề xuất phân công
mv-assignment-approve = giao như đề xuất
mv-assignment-keep = lưu, không giao việc
mv-assignment-take = nhận việc
mv-assignment-pass = chuyển xử lý
mv-assignment-back = chuyển lại
mv-assignment-reassign = giao lại
mv-assignment-progress = ghi tiến độ
mv-assignment-contribute = góp phần
mv-assignment-seen = đã xem
mv-assignment-note = ghi ý kiến
mv-assignment-hand-in = nộp kết quả
mv-assignment-check = nhất trí, trình lên
mv-assignment-return = trả lại
mv-assignment-confirm = xác nhận hoàn thành
mv-assignment-ask = xin gia hạn
mv-assignment-grant = đồng ý gia hạn
mv-assignment-deny = không gia hạn
mv-assignment-move-due = đổi hạn
mv-assignment-withdraw = rút việc
mv-assignment-reopen = mở lại

not-found = Không có việc này, hoặc tài khoản không được xem.
no-account = { $who } chưa có tài khoản; giao cho { $unit }, nơi đó tự phân công.
person-unknown = Nếp nhà không có “{ $who }”. Chưa ghi gì; xem lại mã người hoặc đơn vị.
no-right = Tài khoản không có quyền { $what ->
    [giao-viec] giao việc
    [keep] lưu văn bản
    [register] vào sổ
    [void] bỏ số
    [decide] xử lý văn bản đến
    [don-thu] đơn thư
    [report] báo kết quả lên trên
    [propose] đề xuất phân công
   *[other] { $what }
}. Chưa ghi gì.
person-left = { $who } đã thôi việc ở đây từ { $day }; chọn người khác.
unit-ended = { $who } đã kết thúc từ { $day }; việc nay thuộc { $heir }.
due-before-today = Hạn { $due } đã qua; hôm nay là { $today }.
due-after-outer = Hạn trên là { $outer }. Xin cấp trên gia hạn trước, hoặc ghi rõ vì sao hạn nội bộ sau hạn trên.
due-after-own = Hạn của đồng chí là { $own }; phần giao lại không được sau hạn ấy.
product-unknown = Không có loại văn bản “{ $what }”.
role-twice = { $who } đứng hai vai; một người một vai trong một việc.
content-missing = Ghi nội dung việc cần làm.
part-given = { $what } đã giao { $who } lúc { $time } ({ $by }). Muốn chia thêm phần việc, mở việc ấy.
part-closed = { $what } đã kết thúc: { $how ->
    [kept] lưu ({ $day })
    [kept-because] lưu: { $why } ({ $day })
    [done] đã xong ({ $day })
    [reported] đã báo { $why } ({ $day })
    [withdrawn] nơi giao đã rút ({ $day })
    [void] số bỏ trống: { $why } ({ $day })
    [guided] hướng dẫn { $why } ({ $day })
    [answered] trả lời { $why } ({ $day })
    [transferred] chuyển { $why } ({ $day })
    [confirmed] nơi giao đã xác nhận ({ $day })
   *[other] { $why } ({ $day })
}.
part-unknown = Không có phần việc “{ $what }”.
root-open = Việc bên trong chưa được xác nhận: { $who }.
no-right-assign = Đồng chí giao việc được trong { $units ->
    [own-parts] phần việc của mình
   *[other] { $units }
}; với { $who }, hãy đề xuất để lãnh đạo giao.
not-yours = Việc này do { $who } chịu trách nhiệm.
not-confirmer = Việc này do { $who } xác nhận.
own-work = Không tự xác nhận việc của mình; { $who } xác nhận.
not-coordinating = Đồng chí không có vai phối hợp trong việc này.
standin-not = { $by } không thay { $who } ngày { $day }.
already-taken = { $who } đã nhận lúc { $time }.
changed = { $by }{ $place ->
    [none] {""}
   *[other] {" "}thay { $place }
} đã bấm “{ $act }” lúc { $time }; xem lại rồi làm tiếp. Nội dung đã nhập vẫn giữ.
closed = Việc đã { $state ->
    [done] hoàn thành
    [withdrawn] rút
    [kept] lưu
    [given] giao
   *[other] { $state }
} lúc { $time }.
waits-for-confirm = Kết quả đã nộp lúc { $time }, đang chờ { $who }; trả lại hoặc xác nhận trước.
not-handed-in = Chưa có kết quả nộp; { $who } đang làm.
product-missing = Việc này cần { $what }: kèm tệp, ghi số văn bản, hoặc nói vì sao không có.
children-open = Còn { $n } phần việc chưa xong: { $list }.
coordinating-silent = Chưa có phần phối hợp của { $list }; chờ, hoặc nộp và ghi rõ là chưa có.
reason-missing = Nêu lý do.
until-not-later = Ngày xin gia hạn phải sau hạn đang có ({ $due }).
ask-pending = Đã xin gia hạn đến { $until }, đang chờ { $who }.
no-ask = Không có đề nghị gia hạn đang chờ.
same-person = Việc đang do { $who } làm.
in-chain = { $who } đã chuyển việc này xuống; muốn trả về, dùng Chuyển lại.
progress-back = Tiến độ trước là { $n }%; ghi lý do khi giảm.
out-of-range = Tiến độ từ 0 đến 100.
outer-closed = Nơi giao đã xác nhận { $what }; không mở lại được, lập việc mới.
about-himself = Đơn này nêu { $of ->
    [unit] người của { $who }
   *[other] { $who }
}; giao nơi khác.
secret-no-text = Văn bản mật: ở đây chỉ ghi số, độ mật, ngày, người xử lý.
batch-stopped = Chưa giao việc nào trong { $n } việc; sửa hoặc bỏ chọn: { $list }
work-stage-unknown = Không có trạng thái “{ $stage }”. Các trạng thái: proposed, given, taken, handed-in, done, withdrawn.

work-stage-proposed = đề xuất
work-stage-given = chờ nhận
work-stage-taken = đang làm
work-stage-handed-in = đã nộp, chờ xác nhận
work-stage-done = hoàn thành
work-stage-withdrawn = rút
work-stage-kept = lưu

work-content = Nội dung
work-stage = Trạng thái
work-giver = Người giao
work-lead = Chủ trì
work-holder = Người làm
work-page-of = Ở trang của
work-confirmer = Người xác nhận
work-due = Hạn
work-outer = Hạn trên
work-source = Căn cứ
work-chain = Chuyển qua
work-unit = Nơi làm

work-left = còn { $n } ngày làm việc
work-today = đến hạn hôm nay
work-late-days = quá { $n } ngày làm việc
work-late-minutes = quá { $n } phút
work-late-hours = quá { $n } giờ
work-late-since = quá hạn từ { $since }

work-stands-for = thay { $who }
work-away-for = vắng, { $who } thay
work-away = vắng, không có người thay
work-why-proposed = có đề xuất
work-why-back = chuyển lại
work-why-left = người làm đã thôi việc
work-why-unit = đơn vị chưa phân công
work-why-unit-ended = đơn vị đã kết thúc
work-why-unit-no-account = đơn vị chưa có tài khoản: theo dõi giúp

stands-closed = đã kết thúc
stands-given = đã giao
stands-to-report = chờ báo cấp trên
stands-to-assign = chờ phân công

orphan-no-page = không ở trang của ai
orphan-no-confirmer = không có người xác nhận
orphan-confirmed-by-himself = tự xác nhận việc của mình
orphan-given-twice = giao hai lần

nav-works = Giao việc
works-mine = Việc của tôi
works-unassigned = Chờ phân công
works-given = Tôi giao
works-office = Cơ quan phải làm
works-owed = Nơi khác phải làm
works-to-report = Chờ báo cấp trên
works-page = Trang { $page }/{ $last }, tất cả { $count } việc
works-more = Còn { $count } việc nữa
works-before = ← trước
works-next = tiếp →
works-title = Giao việc
today-works = { $count } việc của tôi
today-passed = { $count } văn bản chuyển đến đơn vị tôi
today-to-assign = { $count } việc chờ phân công
today-to-report = { $count } việc chờ báo cấp trên
works-of = Việc của { $who }
works-of-him = Việc đang làm…
btn-hand-over = Giao lại cả { $count } việc
work-none-of = { $who } không có việc nào đang làm.
works-none = Không có việc nào.
works-no-house = Cơ quan chưa có nếp nhà, nên chưa giao việc được ở đây.
works-approved = Đã giao { $count } việc như đề xuất.
works-written = Đã ghi.

work-section-work = việc của tôi
work-section-decide = chờ tôi quyết định
work-section-help = phối hợp
work-section-inform = để biết
work-section-assign = chờ tôi phân công
work-section-over = việc trên đã kết thúc: xác nhận hoặc rút
work-section-unit = đơn vị chưa ai nhận
work-over = việc trên đã kết thúc
work-asked-until = xin gia hạn đến { $until }
work-due-on = hạn { $due }
work-outer-on = hạn trên { $due }
work-outer-before = hạn nội bộ sau hạn trên { $due }
work-no-due = chưa có hạn
work-first-due = Hạn gốc
work-secret = Xử lý văn bản mật
work-product = Sản phẩm
work-remark = Ghi chú
work-people = Người liên quan
work-helping = Phối hợp
work-informed = Để biết
work-no-word = chưa có
work-of-word = bút phê
work-part-of = phần của một việc khác
work-last = { $who } { $what }
work-back-because = Chuyển lại: { $why }
work-result = Kết quả
work-returns = Đã trả lại { $count } lần
work-was-silent = Chưa có phần phối hợp: { $who }
work-result-number = Số văn bản là kết quả
work-without-product = Vì sao không có sản phẩm
work-without = Nộp khi chưa có phần của { $who }
work-check-first = Tôi xem trước khi trình lên
work-beyond = Vì sao hạn sau hạn trên
work-because = Đề xuất vì có từ “{ $word }”.
work-due-hint = Bỏ trống: cơ quan đề xuất hạn theo nếp nhà. Ngày nghỉ chuyển sang ngày làm việc kế tiếp.
btn-undo = Hoàn tác
work-undone = hoàn tác
btn-accept-give = Tiếp nhận và giao việc
btn-give-work = Giao việc
btn-propose-work = Đề xuất phân công
btn-keep-part = Lưu, không giao việc
btn-approve-chosen = Giao các việc đã chọn như đề xuất
btn-split-work = Chia phần việc
btn-report-done = Báo cấp trên hoàn thành
