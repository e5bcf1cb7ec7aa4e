### The house of an office (nếp nhà).

au-kind-house = Nếp nhà
mv-house-import = nhập nếp nhà
mv-house-say = ghi nếp nhà
mv-house-end = kết thúc
mv-house-away = báo vắng
mv-house-delegate = ủy quyền

## What is wrong with a house

house-toml = Không đọc được tệp từ dòng này.
house-other-office = Nếp nhà này của { $value }, không phải của { $own }.
house-unknown-key = { $table ->
    [top] Không có mục “{ $field }” ở đầu tệp.
   *[other] Không có mục “{ $field }” ở [[{ $table }]].
}
house-bad-id = Mã “{ $value }”: chỉ chữ cái không dấu, số, gạch nối; đến 32.
house-id-twice = Mã “{ $value }” đã có ở dòng { $first }.
house-unit-unknown = { $table ->
    [units] Đơn vị “{ $value }” chưa có trong nếp nhà.
   *[other] “{ $value }” chưa có trong nếp nhà.
}
house-unit-loop = { $name } nằm dưới chính mình.
house-class-unknown = Loại đơn vị là own, agency hoặc cell.
house-person-unknown = “{ $value }” chưa có trong nếp nhà.
house-issuer-unknown = “{ $value }” chưa có trong nếp nhà.
house-date-order = Ngày cuối { $to } trước ngày đầu { $from }.
house-two-heads = { $name } có hai người đứng đầu cùng lúc: { $people }.
house-symbol-twice = Ký hiệu { $value } đã là của { $name } trong cùng thời gian.
house-term-overlap = Nhiệm kỳ { $value } chồng lên { $other }.
house-form-unknown = Thể thức ký “{ $value }” không có trong bảng.
house-form-collective = Cấp ủy là tập thể: cấp phó ký T/M, không ký K/T.
house-right-unknown = Không có quyền “{ $value }”.
house-identity-without-petitions = Quyền danh tính đi cùng quyền đơn thư.
house-role-unknown = Vai “{ $value }” không có.
house-field-missing = Thiếu mục “{ $field }” ở [[{ $table }]].
house-value-wrong = Mục “{ $field }” không nhận giá trị “{ $value }”.
house-too-long = Mục “{ $field }” quá dài.
house-no-heir = { $name } kết thúc mà chưa nói việc về đâu; việc sẽ chờ lãnh đạo phân công.
house-no-head = { $name } chưa có người đứng đầu; việc của đơn vị sẽ ở trang của lãnh đạo.
house-signer-left = { $name } thôi việc { $day }; từ ngày sau không ký được.
house-stand-in-away = Ngày { $day } không còn ai thay { $name }.
house-not-nfc = Tên chưa ở dạng dựng sẵn; sẽ được đưa về dạng ấy.

## House at the command line

house-on = Ngày
house-units = Đơn vị
house-people = Người
house-accounts = Có tài khoản
house-issuer = Ban hành
house-term = Nhiệm kỳ
house-signers = Người ký
house-unit = Đơn vị
house-name = Tên
house-head = Đứng đầu
house-nobody = (chưa có)
house-away = Vắng
house-acts = Người thay
house-no-stand-in = (không có người thay)
house-at-line = Dòng { $line }: { $sentence }
house-not-written = Chưa ghi gì. Sửa các chỗ trên rồi nhập lại.
house-nothing-new = Không có gì mới.
house-would = Sẽ ghi { $count } mục. Chưa ghi gì. Bỏ --check thì ghi.
house-written = Đã ghi { $count } mục.
house-lacks = Có trong sổ, không có trong tệp: { $things }.
house-past = Có ngày đầu đã qua, không đổi việc đã quyết: { $things }.
house-table-unknown = Không có bảng “{ $table }” trong nếp nhà. Chưa ghi gì. Dùng units, people, posts, rights, absences, delegations, issuers, signers, terms, parties, resources, holidays hoặc settings.
house-day-wrong = “{ $value }” không phải một ngày. Chưa ghi gì. Viết NĂM-THÁNG-NGÀY, ví dụ 2026-12-01.
house-field-form = “{ $value }” không có dạng mục=giá trị. Chưa ghi gì. Viết như trong tệp, ví dụ title=Trưởng phòng.
person-unknown = Không có người hay đơn vị “{ $who }” trong nếp nhà ngày { $day }.
no-right = Tài khoản không có quyền { $what ->
    [nep-nha] nếp nhà
    [giao-viec] giao việc
    [don-thu] đơn thư
    [danh-tinh] danh tính
    [dieu-xe] điều xe
    [ky] ký
    [keep] xử lý văn bản đến
    [report] báo cấp trên
   *[other] { $what }
}.
