### What a command is refused for.

not-enrolled = Kho này chưa được kết nối cho cơ quan nào. Chưa có gì thay đổi. Nhập mã trong thư: truc-node enrol MÃ.
office-unknown = Không có cơ quan nào có mã hoặc tên { $office }. Chưa ghi gì. Kiểm tra lại mã hoặc tên.
office-ambiguous = Có nhiều cơ quan tên { $office }. Chưa ghi gì. Ghi đủ tên có loại đơn vị (xã, phường), hoặc ghi mã.
record-unknown = Không có hồ sơ { $record } ở đây. Chưa ghi gì. Xem danh sách bằng lệnh list.
record-ambiguous = { $record } chỉ nhiều hồ sơ: { $found }. Chưa ghi gì. Nêu định danh dài hơn.
entry-unknown = Không có mục ghi { $entry } trong kho này. Xem danh sách bằng lệnh log.
desk-move-not-allowed = Lúc này không làm được: { $move }. Chưa ghi gì. Có thể: { $allowed }.
move-not-allowed = Hồ sơ lúc này không cho phép "{ $move }". Chưa ghi gì. Được phép: { $allowed }.
desk-move-none = Lúc này cơ quan không làm được gì với văn bản, kể cả: { $move }. Chưa ghi gì.
move-none = Cơ quan này lúc này không được làm gì với hồ sơ, kể cả "{ $move }". Chưa ghi gì. Xem hồ sơ bằng lệnh show.
desk-number-resuming = Máy này đang nhận lại sổ của cơ quan nên chưa biết số cuối đã cấp. Chưa ghi gì. Chờ kết nối xong, hoặc ghi số vào ô Số.
number-resuming = Kho này đang nhận lại sổ của mình nên chưa biết số cuối đã cấp. Chưa ghi gì. Chờ kết nối xong, hoặc nêu số bằng --number hay --no-number.
paper-issued-before = Dự thảo này đã được ban hành trước đó, số { $number }, với nội dung khác. Chưa ghi gì. Mở văn bản đó để xem; phần sửa đổi sau đó lập thành văn bản mới.
move-malformed = Chưa ghi được vì { $part ->
    [reason] thiếu lý do
    [ids-of-parts] có nhiệm vụ, mục hoặc chỉ tiêu thiếu mã hoặc trùng mã
    [due-date] có thời hạn không phải là một ngày
    [date-of-issue] ngày ban hành không phải là một ngày
    [kind-of-period] loại kỳ chưa biết
    [arrival-number] số đến không phải là số nguyên
    [number] số văn bản sai dạng
    [period] kỳ có ngày không tồn tại, hoặc ngày cuối trước ngày đầu
    [figure] có số liệu không phải là số, hoặc quá dài
    [percent] tỷ lệ hoàn thành không nằm trong khoảng 0 đến 100
    [too-long-a-line] có số, tên hoặc mã quá dài
    [too-long-a-note] trích yếu, nội dung hoặc ghi chú quá dài
    [too-many-parts] có quá nhiều nhiệm vụ, mục hoặc chỉ tiêu
    [too-many-offices] có quá nhiều đơn vị
   *[other] một phần chưa đúng quy cách ({ $part })
}. Chưa ghi gì, chưa dùng số nào. Sửa phần đó rồi ban hành lại.
move-no-effect = "{ $move }" không có tác dụng vì { $reason ->
    [not-owner] hồ sơ là của đơn vị khác
    [no-such-part] hồ sơ không có nhiệm vụ, mục hoặc câu hỏi đó
    [no-version] báo cáo không có lần gửi đó
    [own-report] đây là báo cáo của chính đơn vị mình
    [closed] hồ sơ đã kết thúc
    [ended] văn bản đã bị trả lại hoặc từ chối
    [out-of-order] còn thiếu bước trước, hoặc đã có bước sau
    [already-accepted] lần gửi này đã được chấp nhận
    [already-acknowledged] đã xác nhận trước đó
    [already-issued] đã ban hành trước đó
    [already-opened] đã mở trước đó
    [version-taken] có người vừa làm trước: lần gửi này đã có
    [number-taken] có người vừa làm trước: câu hỏi này đã có
    [open-items] còn mục của lần trước không thấy trong lần này
    [too-many] hồ sơ không chứa thêm được nữa
   *[other] hồ sơ không cho phép ({ $reason })
}. Chưa ghi gì. Mở lại hồ sơ để xem.
lead-not-addressed = Đơn vị được giao việc không có trong nơi nhận, nên sẽ không biết. Chưa ghi gì. Thêm { $offices } vào nơi nhận.
move-second = Chưa ghi: { $who } đã "{ $did }" lúc { $when }, nên lúc này không "{ $move }" được. Mở lại hồ sơ để xem.
move-unfit = Chưa ghi "{ $move }" vì { $reason ->
    [no-such-part] hồ sơ không có nhiệm vụ, mục hoặc câu hỏi đó { $parts }
    [not-assigned] nhiệm vụ hoặc mục đó không giao cho đơn vị này
    [not-addressee] đơn vị đó không có trong nơi nhận
    [answered] câu này đã có người trả lời
    [reported] kết quả này đã báo hoàn thành; chờ nơi giao kết luận
    [judged] kết quả này đã có người kết luận; chờ đơn vị báo lại
    [not-reported] đơn vị đó chưa báo hoàn thành
    [not-asked] đơn vị đó chưa hỏi câu này
    [unanswered] còn câu chưa trả lời: { $parts }
    [open-parts] còn nhiệm vụ của cơ quan chưa xong: { $parts }. Báo kết quả từng nhiệm vụ trước, hoặc báo cùng lúc
    [open-items] còn mục chưa xong: { $parts }. Nêu lý do bỏ từng mục, hoặc đưa vào chương trình sau
   *[other] không khớp với hồ sơ ({ $reason })
}. Chưa ghi gì.
desk-number-taken = Số { $number } đã dùng trong nhiệm kỳ này. Chưa ghi gì. Dùng số khác, hoặc để trống để lấy số kế tiếp.
number-taken = Số { $number } đã dùng trong nhiệm kỳ này. Chưa ghi gì. Dùng số khác, hoặc bỏ --number để lấy số kế tiếp.
number-ahead = Số { $number } cách số kế tiếp của sổ này ({ $next }) quá xa. Chưa ghi gì, chưa dùng số nào. Xem lại con số, hoặc để trống để lấy số kế tiếp.
number-last = Sổ này đã dùng đến con số cuối cùng. Chưa ghi gì. Ghi tay một số còn trống của sổ.
arrival-taken = Số đến { $number } của năm nay đã vào sổ cho văn bản khác. Chưa ghi gì. Dùng số khác, hoặc để trống để lấy số kế tiếp.
arrival-form = Số đến "{ $number }" không phải là số nguyên từ 1. Chưa ghi gì. Ghi bằng chữ số, hoặc để trống để lấy số kế tiếp.
number-form = "{ $number }" không phải là số văn bản. Chưa ghi gì. Chỉ ghi con số (12), hoặc ghi đủ số và ký hiệu (12-{ $symbol }/…).
number-type = Số { $number } mang ký hiệu của loại văn bản khác; loại này mang ký hiệu { $symbol }. Chưa ghi gì. Sửa số hoặc loại văn bản.
number-none = Loại văn bản này không đánh số. Chưa ghi gì. Để trống ô số.
number-not-yours = Cơ quan này không có sổ số của { $symbol }. Chưa ghi gì. Ký hiệu của cơ quan này: { $own }.
number-no-register = Cơ quan này không có sổ số riêng. Chưa ghi gì. Để trống số, hoặc đề nghị cấp tỉnh ghi ký hiệu của cơ quan vào sổ đăng ký.
desk-value-wrong = “{ $value }” không đúng. Chưa ghi gì. Sửa lại rồi gửi.
value-wrong = Giá trị "{ $value }" không đúng. Chưa ghi gì. Xem --help của lệnh này.
paper-issued-ahead = Ngày ghi trên văn bản, { $issued }, ở sau hôm nay. Chưa ghi gì. Sửa lại ngày; nếu ngày đã đúng, xem lại đồng hồ của máy.
paper-term = Ngày ghi trên văn bản, { $issued }, không thuộc nhiệm kỳ { $term }; ngày đó thuộc nhiệm kỳ { $terms }. Chưa ghi gì. Sửa lại ngày hoặc nhiệm kỳ.
part-due-before = { $part } có thời hạn ở trước ngày ghi trên văn bản, { $issued }. Chưa ghi gì. Sửa lại một trong hai.
part-due-outside = { $part } có thời hạn ở ngoài kỳ của chương trình, { $from } – { $to }. Chưa ghi gì. Sửa lại thời hạn hoặc kỳ.
period-long = Thời kỳ kiểm tra { $from } – { $to } dài quá { $years } năm. Chưa ghi gì. Chọn thời kỳ ngắn hơn.
paper-due-passed = Giờ của hạn xử lý đã qua. Chưa ghi gì. Chọn giờ muộn hơn.
part-due-passed = Giờ của thời hạn { $part } đã qua. Chưa ghi gì. Chọn giờ muộn hơn.
paper-no-hour = Văn bản hỏa tốc hẹn giờ phải có hạn xử lý với giờ cụ thể. Chưa ghi gì. Ghi ngày và giờ, hoặc chọn hỏa tốc.
period-not-as-long = Từ { $from } đến { $to } không đủ hoặc quá một kỳ { $kind ->
    [week] tuần
    [month] tháng
    [quarter] quý
    [half] 6 tháng
    [year] năm
   *[term] toàn khóa
}. Chưa ghi gì. Sửa lại ngày, hoặc chọn khoảng ngày.
period-far = Kỳ { $from } – { $to } ở quá xa ngày ghi trên văn bản. Chưa ghi gì. Xem lại năm.
due-past = Ngày { $day } đã qua. Chưa ghi gì. Chọn hạn từ hôm nay trở đi.
paper-due-far = Hạn xử lý cách ngày ghi trên văn bản hơn { $years } năm. Chưa ghi gì. Xem lại năm của hạn.
part-due-far = Hạn của { $part } cách ngày ghi trên văn bản hơn { $years } năm. Chưa ghi gì. Xem lại năm của hạn.
paper-due-before = Hạn xử lý ở trước ngày ghi trên văn bản, { $issued }. Chưa ghi gì. Sửa lại hạn; văn bản ghi sai ngày thì sửa ngày.
part-form = "{ $part }" không đúng dạng { $form }. Chưa ghi gì. Sửa lại theo dạng đó.
views-behind = Bảng chưa theo kịp sổ. Những gì đã lưu vẫn còn nguyên. Chờ ít phút; nếu vẫn vậy, chạy rebuild-views.
store-stopped = Kho không nhận ghi nữa sau một lỗi đĩa. Những gì đã báo là lưu vẫn còn. Kiểm tra đĩa rồi khởi động lại.
import-not-ours = Văn bản này của { $office }, không phải của cơ quan này. Chưa ghi gì. Đưa vào ở máy của cơ quan đó.
refusal-unknown-office = Sổ đăng ký chưa có cơ quan này hoặc một nơi nhận. Chưa ghi gì. Chờ kết nối với trung tâm, hoặc kiểm tra nơi nhận.
refusal-not-hub = Chỉ trung tâm được ghi sổ đăng ký. Chưa ghi gì. Đề nghị quản trị cấp tỉnh.
refusal-office-ended = Cơ quan này đã kết thúc hoạt động: chỉ trả lời việc đang dở, không ban hành văn bản mới. Chưa ghi gì. Văn bản mới do cơ quan kế thừa ban hành.
refusal-office-not-yet = Cơ quan này chưa đến ngày hoạt động: trước ngày đó chỉ ghi cho cơ quan mình. Chưa ghi gì.
refusal-may-not-direct = Văn bản chỉ đạo hoặc việc giao chỉ được gửi cho cơ quan mình và cấp dưới. Chưa ghi gì. Gửi công văn thay thế, hoặc bỏ nơi nhận đó.
refusal-may-not-address = Việc này không được gửi đến một trong các nơi nhận. Chưa ghi gì. Kiểm tra nơi nhận: cấp trên, cấp dưới hay ngang cấp.
refusal-lead-not-addressed = Có đơn vị được giao việc mà không có trong nơi nhận. Chưa ghi gì. Thêm đơn vị đó vào nơi nhận.
refusal-not-concerned = Việc này chỉ liên quan một đơn vị nên chỉ gửi cho đơn vị đó. Chưa ghi gì.
refusal-not-your-symbol = Số văn bản mang ký hiệu không thuộc cơ quan này. Chưa ghi gì. Dùng ký hiệu của cơ quan mình.
refusal-not-for-body = Cơ quan không ban hành loại văn bản này, hoặc không ban hành dưới ký hiệu này (Quy định 399-QĐ/TW). Chưa ghi gì. Chọn loại văn bản hoặc ký hiệu khác.
refusal-secret = Nội dung mật không đi qua kênh này. Chưa ghi hay gửi gì. Gửi qua cơ yếu; ở đây chỉ ghi số, ngày, trích yếu.
refusal-foreign-record = Mã hồ sơ này thuộc đơn vị khác, không dùng để mở hồ sơ của mình được. Chưa ghi gì. Ban hành thành văn bản mới.
refusal-not-addressed = Mục ghi này gửi cho nơi khác; trung tâm lẽ ra không được chuyển đến đây. Được giữ làm bằng chứng, không hiển thị. Báo cấp tỉnh.
refusal-malformed = Nội dung sai dạng. Chưa ghi gì. Tìm mã trùng, chữ quá dài, ngày sai.
refusal-too-large = Nội dung quá lớn. Chưa ghi gì. Rút ngắn, hoặc đưa vào tệp kèm theo.
refusal-format = Dạng mục ghi này trung tâm chưa biết. Mục ghi vẫn ở trong sổ. Cập nhật chương trình.
refusal-signature = Chữ ký không đúng khóa của cơ quan. Mục ghi không được chuyển đi. Báo quản trị cấp tỉnh.
refusal-chain = Mục ghi không nối tiếp mục ghi trước. Không được chuyển đi. Báo quản trị cấp tỉnh.
hub-not-made = Ở đây chưa có trung tâm. Chưa có gì thay đổi. Tạo bằng lệnh truc-hub init, hoặc kiểm tra --dir.
hub-exists = Ở đây đã có trung tâm. Chưa có gì thay đổi. Dùng thư mục khác, hoặc tiếp tục với trung tâm này.
hub-toml-wrong = Không đọc được cấu hình: { $reason }. Chưa có gì thay đổi. Sửa dòng đó.
code-not-for = Không cấp mã cho cơ quan này: là trung tâm hoặc đã kết thúc. Chưa có gì thay đổi. Chọn cơ quan khác.
code-valid = “{ $value }” không phải thời hạn của mã. Chưa cấp mã nào. Viết như 15m (phút), 36h (giờ) hoặc 7d (ngày), nhiều nhất { $most } ngày.
revoke-none = Cơ quan { $office } chưa kết nối máy nào. Chưa có gì thay đổi. Kiểm tra lại mã.
question-machines = Các máy đã gọi cho { $office } từ khi trung tâm khởi động, máy gọi sau cùng đứng trước. Hỏi cơ quan máy nào đang đặt tại bàn làm việc rồi mới duyệt; duyệt máy này thì máy kia sẽ bị hỏi.
question-none = Hiện không có máy nào của { $office } đang chờ trả lời. Chưa có gì thay đổi. Kiểm tra bằng lệnh question list: chỉ chấp nhận được máy khi máy đang chờ.
list-form = Dòng { $line }: không đúng dạng CSV. Chưa ghi gì. Sửa dòng này.
list-missing-column = Thiếu cột { $column }. Chưa ghi gì. Cần các cột code, parent_code, tier, kind, name.
list-unknown-column = Dòng { $line }: không có cột nào tên "{ $column }". Chưa ghi gì. Sửa tên hoặc bỏ cột.
list-too-large = Danh sách nặng quá mức { $limit }. Chưa ghi gì. Kiểm tra lại tệp.
list-too-long = Dòng { $line }: danh sách dài quá { $limit } cơ quan. Chưa ghi gì. Kiểm tra lại tệp.
list-columns = Dòng { $line }: có { $found } ô, cần { $expected }. Chưa ghi gì. Sửa dòng này.
list-empty = Dòng { $line }: mã hoặc tên trống hay quá dài. Chưa ghi gì. Sửa dòng này.
list-duplicate = Dòng { $line }: mã { $code } đã có ở dòng { $first }. Chưa ghi gì. Bỏ một trong hai dòng.
list-tier = Dòng { $line }: không có cấp "{ $tier }". Chưa ghi gì. Dùng province, district hoặc commune.
list-not-utf8 = Dòng { $line }: không phải UTF-8 hay UTF-16. Chưa ghi gì. Lưu lại tệp dạng UTF-8.
list-no-parent = Dòng { $line }: không có cơ quan cấp trên { $parent }. Chưa ghi gì. Thêm cơ quan đó, hoặc sửa mã.
list-symbol = Dòng { $line }: "{ $symbol }" không phải là ký hiệu cơ quan. Chưa ghi gì. Ghi như TU, VPTU.
desk-list-renames = Danh sách đặt tên khác cho { $count } cơ quan đang hoạt động: { $offices }. Chưa ghi gì. Nếu là cơ quan mới dùng lại mã cũ, kết thúc cơ quan cũ trước; nếu vẫn là cơ quan đó và chỉ đổi tên, đánh dấu ô dưới đây rồi gửi lại.
list-renames = Danh sách đặt tên khác cho { $count } cơ quan đang hoạt động: { $offices }. Chưa ghi gì. Nếu là cơ quan mới dùng lại mã cũ, kết thúc cơ quan cũ trước (office close); nếu vẫn là cơ quan đó và chỉ đổi tên, đưa vào lại với --rename.
symbol-form = "{ $symbol }" không phải là ký hiệu cơ quan. Chưa ghi gì. Ghi như TU, VPTU.
symbol-doubled = Ký hiệu { $symbols } đã thuộc { $owner }: hai máy không được cùng đánh số một sổ. Chưa ghi gì. Chọn ký hiệu khác.
list-wrong-parent = Dòng { $line }: cấp { $tier } không trực thuộc cấp { $above }. Chưa ghi gì. Sửa cấp hoặc mã cấp trên.
list-too-low = { $line ->
    [0] Cơ quan { $code }
   *[other] Dòng { $line }: cơ quan { $code }
 } không thể là cấp { $tier }: còn { $count } cơ quan trực thuộc không ở cấp thấp hơn: { $codes } … Chưa ghi gì. Chuyển các cơ quan đó trước, hoặc trong cùng danh sách.

### The disk, measured.

disk-commits = Số lần ghi
disk-fastest = Nhanh nhất
disk-median = Trung vị
disk-p99 = 99 trong 100 lần không quá
disk-per-second = Mỗi giây
disk-is-memory = Thư mục này nằm trong bộ nhớ: tắt máy là mất hết. Đặt kho trên đĩa.
disk-is-doubted = Nhanh hơn mức mọi đĩa ghi được: đĩa báo đã ghi khi chưa ghi xong. Mất điện có thể mất cả những gì đã báo là lưu. Tắt bộ đệm ghi của đĩa hoặc chế độ ghi sau của máy ảo, rồi đo lại.
disk-is-quick = Ghi nhanh như đĩa tốt. Dùng được cho cơ quan và cho trung tâm.
disk-is-slow = Ghi chậm như đĩa quay. Dùng được cho một cơ quan; trung tâm có nhiều cơ quan kết nối nên dùng đĩa nhanh hơn.
disk-is-very-slow = Mỗi lần lưu sẽ phải chờ. Xem việc gì khác đang dùng đĩa này, hoặc dùng đĩa khác.
list-code-later = Dòng { $line }: mã { $code } là của "{ $office }" từ ngày { $day }, sau ngày của danh sách này. Chưa ghi gì: nếu ghi sẽ thành cơ quan thứ hai mãi mãi. Kiểm tra lại ngày (--since).
close-not-there = Cơ quan { $office } không tồn tại vào ngày { $day }. Chưa ghi gì. Kiểm tra lại mã và ngày.
close-later = Đã có thông tin khác về cơ quan { $office } từ ngày { $day }. Chưa ghi gì. Rút thông tin đó trước, hoặc chọn ngày sau đó.
close-below = Vào ngày đó còn { $count } cơ quan trực thuộc { $office }: { $codes } … Chưa ghi gì. Kết thúc hoặc chuyển các cơ quan đó trước.
close-heir = Cơ quan { $heir } không tồn tại vào ngày { $day }, hoặc chính là cơ quan kết thúc. Chưa ghi gì. Kiểm tra lại cơ quan kế thừa.
withdraw-nothing = { $day ->
    [none] Không có thông tin nào về cơ quan { $office } để rút lại.
   *[other] Không có thông tin nào về cơ quan { $office } bắt đầu đúng ngày { $day }.
 } Chưa ghi gì. Xem office show.
withdraw-used = Cơ quan { $office } đã có máy, có văn bản gửi đến, có cơ quan trực thuộc hoặc được ghi là cơ quan kế thừa. Chưa ghi gì. Hãy kết thúc bằng office close.
office-several = Mã { $office } đã hoặc đang là của nhiều cơ quan. Chưa ghi gì. Dùng một trong các id: { $ids }
office-closed-already = Cơ quan đã được kết thúc như vậy. Chưa ghi gì.
office-said-already = Thông tin đã đúng như vậy. Chưa ghi gì.
office-revoked-already = Mọi máy của cơ quan đã bị thu hồi từ trước. Chưa ghi gì.
word-inert = Việc này không làm thay đổi gì. Chưa ghi gì. Xem tình trạng bằng office show.
withdraw-wait = Chưa rõ đã có văn bản gửi cơ quan { $office } hay chưa: mục lục chuyển thư đang được dựng. Chưa ghi gì. Thử lại sau ít phút.
office-withdrawn = Đã rút.
office-rests = Có hiệu lực khi đến ngày.
code-enrolled = Cơ quan này đã có máy, liên lạc lần cuối { $heard }; mã mới sẽ làm máy đó ngừng. Chưa tạo mã. Nếu vẫn muốn thay: --replace.
cli-said = Ghi ngày
cli-withdrawn = Rút ngày
cli-held = Vào ngày đó
address-form = "{ $address }" không phải địa chỉ. Chưa thay đổi gì. Ghi tên và cổng, như hub.example:7443.
address-letters = "{ $address }" có chữ không dùng được trong tên mạng. Chưa thay đổi gì. Ghi tên như đã đăng ký, bắt đầu bằng xn--.
address-figures = "{ $address }" không phải tên, cũng không phải địa chỉ IP đầy đủ. Chưa thay đổi gì. Ghi bốn số từ 0 đến 255, hoặc tên.
address-unspecified = "{ $address }" nghĩa là mọi địa chỉ của máy: không ai gọi tới được. Chưa thay đổi gì. Ghi địa chỉ mà các cơ quan gọi tới; nơi trung tâm lắng nghe được đặt riêng (listen trong hub.toml).
address-many = Trung tâm đã có { $limit } địa chỉ. Chưa thay đổi gì. Bỏ một địa chỉ không dùng nữa.
address-unknown = { $address } không nằm trong các địa chỉ của trung tâm. Chưa thay đổi gì. Xem address list.
address-last = { $address } là địa chỉ duy nhất của trung tâm. Chưa thay đổi gì. Thêm địa chỉ mới trước.
list-workbook = Đây là tệp bảng tính. Chưa ghi gì. Hãy lưu trang tính dưới dạng CSV.
list-code-rounded = Dòng { $line }: phần mềm bảng tính đã đổi mã thành "{ $code }", mất các chữ số cuối. Chưa ghi gì. Định dạng cột là văn bản rồi nhập lại mã.
list-code-letter = Dòng { $line }: mã "{ $code }" có ký tự "{ $letter }". Chưa ghi gì. Dùng chữ, số và - . _ /.
list-control = Dòng { $line }: "{ $text }" có ký tự ngắt dòng hoặc đảo chiều chữ. Chưa ghi gì. Hãy nhập lại.
list-unnamed-column = Dòng { $line }: cột { $number } không có tên nhưng có nội dung. Chưa ghi gì. Đặt tên cho cột hoặc xóa nội dung.
