### Dự thảo trên quy trình của nó.

au-kind-draft = dự thảo

mv-draft-begin = bắt đầu dự thảo
mv-draft-save = lưu bản
mv-draft-adopt = dùng hoặc bỏ bản bên cạnh
mv-draft-hand-in = trình
mv-draft-take-back = lấy lại
mv-draft-appraise = thẩm định
mv-draft-approve = cho xin ý kiến
mv-draft-ask = gửi phiếu xin ý kiến
mv-draft-opinion = cho ý kiến
mv-draft-extend-ask = gia hạn phiếu
mv-draft-close-ask = tổng hợp ý kiến
mv-draft-consult = lấy ý kiến cơ quan
mv-draft-comment = ghi ý kiến cơ quan
mv-draft-close-consult = kết thúc lấy ý kiến
mv-draft-answer = trả lời ý kiến
mv-draft-check = đối soát
mv-draft-meeting = ghi kết quả họp
mv-draft-initial = ký nháy
mv-draft-redirect = chuyển ký
mv-draft-sign = ký
mv-draft-unsign = thu hồi chữ ký
mv-draft-return = trả lại
mv-draft-issue = ban hành
mv-draft-withdraw = rút dự thảo
mv-draft-resume = soạn tiếp
mv-draft-supersede = thay bằng dự thảo khác
mv-draft-reassign = giao người soạn khác

draft-state-draft = đang soạn
draft-state-appraise = chờ thẩm định
draft-state-approve = chờ Thường trực cho ý kiến
draft-state-opinions = đang xin ý kiến
draft-state-meeting = chờ họp
draft-state-absorb = đang tiếp thu
draft-state-initial = chờ ký nháy
draft-state-sign = chờ ký
draft-state-issue = đã ký, chờ ban hành
draft-state-issued = đã ban hành
draft-state-withdrawn = đã rút
draft-state-superseded = đã thay bằng dự thảo khác

draft-section-sign = Chờ ký
draft-section-initial = Chờ ký nháy
draft-section-opinion = Chờ cho ý kiến
draft-section-appraise = Chờ thẩm định
draft-section-answer = Phải tiếp thu, giải trình
draft-section-absorb = Phải tiếp thu, trình tiếp
draft-section-check = Chờ đối soát
draft-section-meeting = Chờ kết quả họp
draft-section-ask = Phải gửi phiếu
draft-section-sum = Phải tổng hợp ý kiến
draft-section-issue = Chờ ban hành

draft-part-title = Trích yếu
draft-part-body = Nội dung
draft-part-tasks = Nhiệm vụ giao
draft-part-recipients = Nơi nhận
draft-part-files = Tệp kèm
draft-part-signing = Thể thức ký
draft-part-urgency = Độ khẩn

draft-no-title = Chưa có trích yếu.
secret-stub = Văn bản mật không soạn ở đây: chỉ ghi số và ngày.
draft-unknown = Không có dự thảo này.
version-unknown = Không có bản này.
draft-not-drafter = Người này không soạn văn bản trong nếp nhà; chọn người khác.
draft-no-road = { $type } của { $issuer } chưa có quy trình. Chánh Văn phòng lập quy trình ở Nếp nhà.
type-not-for-body = { $body } không ban hành { $type }.
issue-off-road = { $type } có quy trình: soạn, thẩm định, trình ký rồi mới ban hành.
draft-ended = Dự thảo { $state ->
    [issued] đã ban hành { $number }
    [withdrawn] đã rút
    [superseded] đã thay bằng dự thảo khác
    [draft] đang soạn
   *[other] { $state }
}; không làm gì thêm được.
draft-not-there = Dự thảo { $state ->
    [appraise] chờ thẩm định
    [approve] chờ Thường trực cho ý kiến
    [opinions] đang xin ý kiến
    [meeting] chờ họp
    [absorb] đang tiếp thu
    [initial] chờ ký nháy
    [sign] chờ ký
    [issue] đã ký, chờ ban hành
    [issued] đã ban hành
    [withdrawn] đã rút
    [superseded] đã thay bằng dự thảo khác
    [draft] đang soạn
   *[other] { $state }
}; chưa đến hoặc đã qua bước này.
draft-not-yours = Việc này của { $drafter } hoặc người được giao bước này.
draft-locked = Dự thảo { $state ->
    [appraise] chờ thẩm định
    [approve] chờ Thường trực cho ý kiến
    [opinions] đang xin ý kiến
    [meeting] chờ họp
    [absorb] đang tiếp thu
    [initial] chờ ký nháy
    [sign] chờ ký
    [issue] đã ký, chờ ban hành
    [issued] đã ban hành
    [withdrawn] đã rút
    [superseded] đã thay bằng dự thảo khác
    [draft] đang soạn
   *[other] { $state }
} nên không sửa được. Lấy lại hoặc nhờ trả lại rồi sửa.
draft-edited = { $by } vừa lưu bản mới, cùng chỗ đồng chí sửa. Bản của đồng chí được giữ bên cạnh (số { $beside }): so sánh rồi chọn.
draft-beside = Còn bản để bên cạnh chưa chọn.
draft-type-fixed = Đổi loại hay tên cơ quan ban hành là đổi quy trình: lập dự thảo mới thay dự thảo này.
draft-not-appraiser = Đồng chí không thẩm định trong nếp nhà.
draft-not-secretary = Việc này của người giúp việc Thường trực (Chánh Văn phòng hoặc người được giao).
draft-not-standing = Việc này của Thường trực.
draft-not-chief = Việc này của Chánh Văn phòng.
appraise-own = Người soạn không thẩm định văn bản của mình.
appraise-light-only = Người thẩm định chỉ sửa hình thức (dấu câu, viết hoa, khoảng trắng). Ý kiến về câu chữ thì ghi thành ý kiến.
pass-with-must = Quy trình này không có bước tiếp thu sau thẩm định: trả lại kèm ý kiến, hoặc đổi thành góp ý.
version-moved = Đã có bản { $now }; đồng chí đang xem bản cũ. Xem thay đổi rồi làm lại.
return-no-reason = Nêu lý do.
remark-open = Còn ý kiến chưa trả lời: { $list }.
remark-unchecked = Còn ý kiến chưa đối soát: { $list }.
remark-unknown = Không có ý kiến này.
remark-how = Chọn tiếp thu hoặc giải trình.
remark-empty = Giải trình thì phải viết lý do.
remark-not-taken = Ghi tiếp thu nhưng chưa có bản mới sau ý kiến này.
remark-not-answered = Ý kiến này chưa được trả lời.
remark-done = Ý kiến này đã đối soát.
check-own = Người soạn không tự đối soát.
ask-until = Hạn cho ý kiến phải sau lúc gửi ít nhất { $hours } giờ.
ask-open = Phiếu trước chưa tổng hợp.
ask-none = Chưa gửi phiếu nào đang mở.
ask-not-due = Chưa đến hạn và còn chưa trả lời: { $silent }.
opinion-not-asked = Đồng chí không có trong danh sách xin ý kiến.
opinion-closed = Đã tổng hợp lúc { $at }; ý kiến này được ghi lại nhưng không tính.
opinion-word = Chọn: đồng ý, đồng ý và có ý kiến, ý kiến khác, không có ý kiến.
opinion-no-words = Viết ý kiến.
opinion-no-slip = Ghi hộ phải kèm bản quét phiếu giấy.
consult-open = Đang lấy ý kiến cơ quan, chưa kết thúc.
comment-not-asked = Cơ quan này không được hỏi ý kiến.
meeting-no-event = Nêu cuộc họp (E…).
signer-no-right = Đồng chí không ký { $type } của { $issuer }.
sign-other = Dự thảo trình đồng chí { $signer }. Chánh Văn phòng chuyển ký nếu cần.
sign-form = Thể thức đề ký đúng: { $right }.
sign-order = { $first } ký trước.
withdraw-signed = Đã ký: người ký thu hồi chữ ký trước.
taken-already = Đã có người xử lý bước này; đề nghị trả lại.
issue-not-clerk = Chỉ văn thư ban hành.
issue-unsigned = Chưa ký ({ $state ->
    [appraise] chờ thẩm định
    [approve] chờ Thường trực cho ý kiến
    [opinions] đang xin ý kiến
    [meeting] chờ họp
    [absorb] đang tiếp thu
    [initial] chờ ký nháy
    [sign] chờ ký
    [issue] đã ký, chờ ban hành
    [issued] đã ban hành
    [withdrawn] đã rút
    [superseded] đã thay bằng dự thảo khác
    [draft] đang soạn
   *[other] { $state }
}).
issue-future = Ngày ban hành sau hôm nay.
issue-before-signature = Ngày ban hành trước ngày ký.
ask-not-carried = Không quá nửa: trở lại bước trước.
draft-unchanged = Không có gì thay đổi; không lập bản mới.
draft-merged = Đã ghép với bản { $by } vừa lưu (khác phần).
comment-late = Nhận sau hạn; vẫn đưa vào bảng tổng hợp.
comment-after = Nhận sau khi tổng hợp; để bên cạnh.

draft-state = Trạng thái
draft-drafter = Người soạn
draft-until = Hạn
draft-version = Bản
draft-remark = Ý kiến
draft-words = Nội dung
draft-answer = Trả lời
draft-same = Hai bản giống nhau.
draft-road-hash = Mã băm quy trình
draft-version-hash = Mã băm bản ký
draft-road-differs = Các dòng của dự thảo trong sổ không khớp với quy trình mà { $number } mang theo. Có dòng đã mất hoặc bị sửa: kiểm tra sổ.
remark-is-open = chưa trả lời
remark-is-answered = đã trả lời, chờ đối soát
remark-is-checked = đã đối soát
nav-sign = Trình ký
sign-tab-mine = Việc của tôi
sign-tab-all = Mọi dự thảo
sign-none = Không có dự thảo nào ở đây.
btn-new-draft = Soạn văn bản
draft-issuer = Cơ quan ban hành
draft-type = Loại văn bản
draft-to = Nơi nhận
draft-to-hint = Mã cơ quan, cách nhau bằng dấu phẩy; subtree:40 là cơ quan 40 và mọi nơi trực thuộc.
draft-tasks-hint = Mỗi dòng một việc: mã|nội dung|cơ quan|hạn|sản phẩm.
draft-source = Căn cứ, nguồn
draft-of-version = Bản { $version }, { $who } viết lúc { $time }
draft-difference = Thay đổi từ bản { $from } đến bản { $to }
draft-text-of = Nội dung bản { $version }
draft-road = Quy trình
draft-road-version = { $name }, bản { $version }
draft-remarks = Ý kiến, tiếp thu, giải trình
draft-must = phải trả lời
draft-suggestion = góp ý
draft-opinions = Xin ý kiến
draft-opinions-until = Hạn { $until }; hỏi về bản { $version }
draft-opinions-agree = Đồng ý ({ $n }): { $who }
draft-opinions-other = Ý kiến khác ({ $n }): { $who }
draft-opinions-none = Không có ý kiến ({ $n }): { $who }
draft-opinions-silent = Chưa trả lời ({ $n }): { $who }
draft-opinions-counted = Tính là đồng ý { $counted }; cần { $needed }
draft-opinions-basis = Im lặng tính là đồng ý theo { $basis }
draft-approvals = Đã qua
draft-approval-form = Thẩm định thể thức
draft-approval-content = Thẩm định nội dung
draft-approval-approve = Thường trực cho ý kiến
draft-approval-opinions = Tổng hợp ý kiến
draft-approval-meeting = Họp
draft-approval-initial = Ký nháy
draft-approval-about = { $who }, bản { $version }
draft-approval-ended = hết hiệu lực vì bản { $version }
draft-signed-by = Ký
draft-lent-of = ủy quyền của { $who }
draft-passed = Giữ, không qua lại
draft-beside-title = Bản để bên cạnh
draft-beside-of = Số { $n }: { $who }, từ bản { $base }
draft-kept-beside = Còn bản để bên cạnh: so sánh rồi chọn.
draft-waits-for = Trình { $who }
draft-story = Quá trình
draft-field-must = Ý kiến phải trả lời, mỗi dòng một ý kiến
draft-field-suggest = Góp ý, mỗi dòng một ý
draft-field-until = Hạn cho ý kiến
draft-field-question = Nội dung xin ý kiến
draft-field-event = Cuộc họp
draft-field-to = Người
draft-field-date = Ngày ban hành
draft-field-form = Thể thức đề ký
draft-field-opinion = Ý kiến
draft-field-report = Gửi lên cấp trên như báo cáo
draft-stance-agree = Đồng ý
draft-stance-agree-note = Đồng ý, có ý kiến
draft-stance-other = Ý kiến khác
draft-stance-none = Không có ý kiến
draft-meeting-pass = Thông qua
draft-meeting-changes = Thông qua, có sửa
draft-meeting-back = Chưa thông qua, làm lại
draft-how-taken = Tiếp thu
draft-how-explained = Giải trình
btn-draft-pass = Đạt, chuyển tiếp
btn-draft-back = Trả lại
btn-draft-check = Đã đối soát
btn-draft-reopen = Mở lại
btn-draft-adopt = Dùng bản này
btn-draft-drop = Bỏ bản này
btn-draft-save = Lưu bản
btn-draft-begin = Bắt đầu soạn
draft-edit = Sửa bản { $version }
draft-saved = Đã lưu bản mới.
draft-done = Đã ghi: { $what }.
draft-issued-as = Đã ban hành { $number }.
draft-ask-sign = Ký bản { $version } này?
draft-ask-issue = Ban hành văn bản này?
draft-of-paper = Văn bản đi từ dự thảo
draft-drafted = Soạn
draft-no-house = Nếp nhà chưa có quy trình nào. Chánh Văn phòng lập quy trình ở Nếp nhà.
draft-offices = Cơ quan được hỏi
draft-offices-hint = Mã đơn vị hoặc nơi nhận trong nếp nhà, cách nhau bằng dấu phẩy.
draft-comments = Ý kiến cơ quan
draft-comment-missing = chưa trả lời
