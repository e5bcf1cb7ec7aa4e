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
house-road-empty = Quy trình không có bước nào.
house-road-step = Không đọc được bước “{ $where }”. Viết: mã, việc, ai làm, rồi yes=…, no=….
house-road-step-twice = Hai bước cùng tên { $where }.
house-road-unknown-step = Bước { $where } không có.
house-road-start = Phải bắt đầu bằng đúng một bước soạn.
house-road-end = Phải kết thúc bằng đúng một bước ban hành.
house-road-loop = Đi mãi không hết: { $where } trở lại chính nó mà không ai trả lại.
house-road-dead-end = Từ { $where } không đến được ban hành.
house-road-unreachable = Không bước nào dẫn đến { $where }.
house-road-no-sign = Chưa có bước ký trước khi ban hành.
house-road-change-after-sign = Sau khi ký còn bước { $where }: chữ ký sẽ mất.
house-road-no-absorb = Sau { $where } không có bước tiếp thu.
house-road-back-nowhere = Trả lại phải về một bước sửa được: { $where }.
house-road-no-deadline = Bước { $where } không có hạn.
house-road-nobody = Không ai làm được { $where }.
house-road-own-appraisal = Bước { $where }: chỉ người soạn thẩm định được.
house-road-silence = Im lặng tính là đồng ý thì phải nêu căn cứ trong quy chế ({ $where }).
house-road-type = { $where }: cơ quan này không ban hành loại ấy.
house-road-twice = Hai quy trình cho cùng loại, cùng ngày: { $where }.
house-road-version = Bản sau của quy trình phải mang số lớn hơn bản trước: { $where }.
house-road-backwards = Quy trình { $where } không đổi lùi được: dự thảo đã đi theo bản đang có. Chưa ghi gì. Lập bản mới từ { $day } trở đi.
house-road-many = Nếp nhà có đến { $where } quy trình; không ghi thêm được.
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
house-road = { $id } bản { $version }: { $name } [{ $types }]
house-no-road = Ngày này chưa có quy trình nào.
house-at-line = Dòng { $line }: { $sentence }
house-not-written = Chưa ghi gì. Sửa các chỗ trên rồi nhập lại.
house-nothing-new = Không có gì mới.
house-would = Sẽ ghi { $count } mục. Chưa ghi gì. Bỏ --check thì ghi.
house-written = Đã ghi { $count } mục.
house-lacks = Có trong sổ, không có trong tệp: { $things }.
house-past = Có ngày đầu đã qua, không đổi việc đã quyết: { $things }.
house-table-unknown = Không có bảng “{ $table }” trong nếp nhà. Chưa ghi gì. Dùng units, people, posts, rights, absences, delegations, issuers, signers, terms, roles, groups, silences, roads, openings, parties, resources, holidays hoặc settings.
house-day-wrong = “{ $value }” không phải một ngày. Chưa ghi gì. Viết NĂM-THÁNG-NGÀY, ví dụ 2026-12-01.
house-field-form = “{ $value }” không có dạng mục=giá trị. Chưa ghi gì. Viết như trong tệp, ví dụ title=Trưởng phòng.
house-not-there = Không có người hay đơn vị “{ $who }” trong nếp nhà ngày { $day }.
house-said-meanwhile = { $by } đã ghi { $what } lúc { $time }: { $value }. Chưa ghi gì; giá trị đồng chí nhập vẫn giữ. Xem lại rồi ghi, nếu vẫn cần.
house-no-right = Tài khoản không có quyền { $what ->
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

## The page of the house

house-none = Cơ quan chưa có nếp nhà: chưa ai nói ai ở đơn vị nào, ai ký, ai thay.
house-file = Tệp nếp nhà
house-file-hint = Dán cả nội dung tệp nep-nha.toml. Có lỗi thì chưa ghi gì.
house-import = Nhập nếp nhà
house-see-day = Xem ngày
house-see = Xem
house-see-today = Về hôm nay
house-tab-units = Đơn vị
house-tab-people = Người
house-tab-away = Vắng mặt
house-tab-issuers = Ký và ban hành
house-tab-roads = Quy trình
house-tab-parties = Nơi nhận
house-tab-rights = Quyền
house-tab-days = Ngày nghỉ
house-t-units = Đơn vị
house-t-people = Người
house-t-posts = Chức vụ kiêm nhiệm
house-t-absences = Vắng mặt
house-t-issuers = Cơ quan ban hành
house-t-signers = Người ký
house-t-terms = Nhiệm kỳ
house-t-roads = Quy trình soạn, duyệt, ban hành
house-t-roles = Vai trong quy trình
house-t-groups = Người được xin ý kiến
house-t-silences = Im lặng được tính là gì
house-t-openings = Số cuối ở sổ giấy
house-t-parties = Nơi nhận ngoài mạng
house-t-rights = Quyền
house-t-delegations = Ủy quyền
house-t-holidays = Ngày nghỉ, ngày làm bù
house-t-settings = Giờ giấc, thời hạn mặc định
house-t-resources = Phòng họp, xe
house-count = { $count } mục
house-days = Thời gian
house-from = từ { $day }
house-to = đến { $day }
house-between = { $from } – { $to }
house-edit = Sửa
house-add = Thêm
house-say = Ghi
house-end = Kết thúc
house-last-day = Ngày cuối
field-from-day = Từ ngày
field-to-day = Đến ngày
house-f-id = Mã
house-f-name = Tên
house-f-class = Loại
house-f-parent = Trực thuộc
house-f-heir = Việc về đâu khi kết thúc
house-f-keywords = Từ khóa
house-f-title = Chức vụ
house-f-unit = Đơn vị
house-f-head = Đứng đầu
house-f-account = Vai trên máy
house-f-person = Người
house-f-right = Quyền
house-f-stand_in = Người thay
house-f-to_person = Người được ủy quyền
house-f-what = Quyền được ủy
house-f-paper = Văn bản ủy quyền
house-f-symbol = Ký hiệu
house-f-line1 = Dòng trên
house-f-line2 = Dòng dưới
house-f-issuer = Cơ quan ban hành
house-f-form = Thể thức ký
house-f-types = Loại văn bản
house-f-body = Tập thể ra văn bản
house-f-lent = Chỉ ký khi được ủy quyền
house-f-role = Vai
house-f-group = Nhóm được xin ý kiến
house-f-counts_as = Im lặng tính là
house-f-basis = Căn cứ
house-f-version = Bản
house-f-issuers = Của
house-f-signer = Trình ai ký
house-f-steps = Các bước
house-f-last = Số cuối
house-f-term = Nhiệm kỳ
house-f-regime = Thể thức văn bản
house-f-kind = Loại
house-f-seats = Số chỗ
house-f-date = Ngày
house-f-working = Làm việc
house-f-setting = Mục
house-f-value = Giá trị
house-v-own = của cơ quan
house-v-agency = cơ quan bạn
house-v-cell = chi bộ
house-v-giao-viec = giao việc
house-v-don-thu = đơn thư
house-v-danh-tinh = danh tính
house-v-nep-nha = nếp nhà
house-v-dieu-xe = điều xe
house-v-drafter = soạn thảo
house-v-appraiser = thẩm định
house-v-standing = Thường trực
house-v-secretary = thư ký
house-v-chief = ký nháy
house-v-clerk = văn thư
house-v-nothing = không tính
house-v-agree = đồng ý
house-v-party = Đảng
house-v-state = Nhà nước
house-v-outside = khác
house-v-room = phòng
house-v-vehicle = xe
house-v-none = không có tài khoản
house-s-above = Cơ quan cấp trên
house-s-name = Tên cơ quan
house-s-first_day = Ngày đầu
house-s-hours = Giờ làm việc sáng, chiều
house-s-weekday_off = Ngày nghỉ trong tuần
house-s-vehicle_gap_minutes = Giữa hai chuyến xe (phút)
house-s-urge_at = Giờ nhắc việc
house-s-day_ends = Giờ hết hạn trong ngày
house-s-internal_lead = Hạn nội bộ trước hạn trên (ngày làm việc)
house-s-default_days = Hạn mặc định (ngày)
house-s-default_for = Loại văn bản có hạn mặc định
house-s-bodies = Cơ quan bên cạnh
house-s-petitions-denouncer = Danh tính người tố cáo
house-s-petitions-basis = Căn cứ của thời hạn đơn thư
house-s-petitions-limits-khieu-nai = Thời hạn khiếu nại
house-s-petitions-limits-to-cao = Thời hạn tố cáo
house-s-petitions-limits-kien-nghi = Thời hạn kiến nghị
house-s-petitions-limits-phan-anh = Thời hạn phản ánh
