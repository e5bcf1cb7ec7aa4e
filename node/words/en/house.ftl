### The house of an office (nếp nhà).

au-kind-house = House
mv-house-import = import the house
mv-house-say = say of the house
mv-house-end = end
mv-house-away = report an absence
mv-house-delegate = delegate

## What is wrong with a house

house-toml = The file cannot be read from this line on.
house-other-office = This house is of { $value }, not of { $own }.
house-unknown-key = { $table ->
    [top] There is no field “{ $field }” at the head of the file.
   *[other] There is no field “{ $field }” in [[{ $table }]].
}
house-bad-id = The id “{ $value }”: only letters without marks, digits and hyphens; at most 32.
house-id-twice = The id “{ $value }” is in line { $first } already.
house-unit-unknown = { $table ->
    [units] The unit “{ $value }” is not in the house.
   *[other] “{ $value }” is not in the house.
}
house-unit-loop = { $name } is under itself.
house-class-unknown = The class of a unit is own, agency or cell.
house-person-unknown = “{ $value }” is not in the house.
house-issuer-unknown = “{ $value }” is not in the house.
house-date-order = The last day { $to } is before the first day { $from }.
house-two-heads = { $name } has two heads at the same time: { $people }.
house-symbol-twice = The symbol { $value } is that of { $name } at the same time.
house-term-overlap = The term { $value } overlaps { $other }.
house-form-unknown = The form of signature “{ $value }” is not in the table.
house-form-collective = A committee is a collective: a deputy signs T/M, not K/T.
house-right-unknown = There is no right “{ $value }”.
house-identity-without-petitions = The right to open identities goes with the right to see petitions.
house-role-unknown = There is no role “{ $value }”.
house-field-missing = The field “{ $field }” is missing in [[{ $table }]].
house-value-wrong = The field “{ $field }” cannot be “{ $value }”.
house-too-long = The field “{ $field }” is too long.
house-road-empty = The road has no step.
house-road-step = The step “{ $where }” cannot be read. Write its id, what is done, who does it, then yes=… and no=….
house-road-step-twice = Two steps are called { $where }.
house-road-unknown-step = There is no step { $where }.
house-road-start = It must begin with exactly one drafting step.
house-road-end = It must end with exactly one issuing step.
house-road-loop = It never ends: { $where } comes back to itself though nobody says no.
house-road-dead-end = Issuing cannot be reached from { $where }.
house-road-unreachable = No step leads to { $where }.
house-road-no-sign = Nobody signs before it is issued.
house-road-change-after-sign = Step { $where } comes after the signature, which would be lost.
house-road-no-absorb = No step takes in the opinions of { $where }.
house-road-back-nowhere = A return must lead to a step where text is written: { $where }.
house-road-no-deadline = Step { $where } has no time limit.
house-road-nobody = Nobody can do { $where }.
house-road-own-appraisal = Step { $where }: only who drafts could appraise.
house-road-silence = Silence as agreement needs the rule it rests on ({ $where }).
house-road-type = { $where }: that body does not issue that type.
house-road-twice = Two roads for one type on one day: { $where }.
house-road-version = A later version of a road has a higher number than the one before: { $where }.
house-road-backwards = The road { $where } cannot be changed backwards: drafts have taken it as it is. Nothing is written. Make a new version from { $day } on.
house-road-many = A house has at most { $where } roads; no more are written.
house-no-heir = { $name } ends, and nobody has said who has its works; they will wait for a chief to assign them.
house-no-head = Nobody heads { $name } yet; its works will be on a chief's page.
house-signer-left = { $name } leaves on { $day }, and cannot sign from the next day on.
house-stand-in-away = On { $day } nobody stands in for { $name }.
house-not-nfc = The name is not composed; it will be.

## House at the command line

house-on = Day
house-units = Units
house-people = People
house-accounts = With accounts
house-issuer = Issuer
house-term = Term
house-signers = Signers
house-unit = Unit
house-name = Name
house-head = Head
house-nobody = (nobody yet)
house-away = Away
house-acts = Stands in
house-no-stand-in = (nobody stands in)
house-road = { $id } version { $version }: { $name } [{ $types }]
house-no-road = There is no road on this day.
house-at-line = Line { $line }: { $sentence }
house-not-written = Nothing is written. Mend what is named above and import again.
house-nothing-new = Nothing is new.
house-would = { $count } facts would be written. Nothing is written. Without --check they are.
house-written = { $count } facts are written.
house-lacks = In the ledger and not in the file: { $things }.
house-past = Its first day has passed, and nothing that was decided changes: { $things }.
house-table-unknown = The house has no table “{ $table }”. Nothing is written. Use units, people, posts, rights, absences, delegations, issuers, signers, terms, roles, groups, silences, roads, openings, parties, resources, holidays or settings.
house-day-wrong = “{ $value }” is no day. Nothing is written. Write YEAR-MONTH-DAY, for example 2026-12-01.
house-field-form = “{ $value }” has not the form field=value. Nothing is written. Write it as in the file, for example title=Clerk.
house-not-there = Nobody called “{ $who }” is in the house on { $day }.
house-said-meanwhile = { $by } said of { $what } at { $time }: { $value }. Nothing was written; what you typed is kept. Look again, and say it if it is still needed.
house-no-right = The account has no right { $what ->
    [nep-nha] to edit the house
    [giao-viec] to assign work
    [don-thu] to see petitions
    [danh-tinh] to open identities
    [dieu-xe] to give out vehicles
    [ky] to sign
    [keep] to handle what comes in
    [report] to report above
   *[other] { $what }
}.

## The page of the house

house-none = The office has no house yet: nobody has said who is in which unit, who signs and who stands in.
house-file = House file
house-file-hint = Paste the whole nep-nha.toml. If it has a fault, nothing is written.
house-import = Import the house
house-see-day = See the day
house-see = See
house-see-today = Back to today
house-tab-units = Units
house-tab-people = People
house-tab-away = Away
house-tab-issuers = Signing and issuing
house-tab-roads = Roads
house-tab-parties = Addressees
house-tab-rights = Rights
house-tab-days = Days off
house-t-units = Units
house-t-people = People
house-t-posts = Further posts
house-t-absences = Away
house-t-issuers = Issuers
house-t-signers = Signers
house-t-terms = Terms
house-t-roads = Roads of drafts
house-t-roles = Duties on roads
house-t-groups = Who is asked for opinions
house-t-silences = What silence counts as
house-t-openings = Last numbers given by hand
house-t-parties = Bodies outside the network
house-t-rights = Rights
house-t-delegations = Delegations
house-t-holidays = Days off and worked
house-t-settings = Hours and usual due dates
house-t-resources = Rooms and vehicles
house-count = { $count ->
    [one] { $count } row
   *[other] { $count } rows
}
house-days = Time
house-from = from { $day }
house-to = until { $day }
house-between = { $from } – { $to }
house-edit = Edit
house-add = Add
house-say = Save
house-end = End
house-last-day = Last day
field-from-day = From
field-to-day = Until
house-f-id = Id
house-f-name = Name
house-f-class = Class
house-f-parent = Under
house-f-heir = Who has its works when it ends
house-f-keywords = Keywords
house-f-title = Title
house-f-unit = Unit
house-f-head = Head
house-f-account = Role at the desk
house-f-person = Person
house-f-right = Right
house-f-stand_in = Stands in
house-f-to_person = To whom
house-f-what = What is lent
house-f-paper = By which paper
house-f-symbol = Symbol
house-f-line1 = Upper line
house-f-line2 = Lower line
house-f-issuer = Issuer
house-f-form = Form of signature
house-f-types = Types of papers
house-f-body = Body that issues
house-f-lent = Signs only by delegation
house-f-role = Duty
house-f-group = Group that is asked
house-f-counts_as = Silence counts as
house-f-basis = Basis
house-f-version = Version
house-f-issuers = Of
house-f-signer = Proposed signer
house-f-steps = Steps
house-f-last = Last numbers
house-f-term = Term
house-f-regime = Form of papers
house-f-kind = Kind
house-f-seats = Seats
house-f-date = Day
house-f-working = Worked
house-f-setting = What
house-f-value = Value
house-v-own = own
house-v-agency = agency
house-v-cell = cell
house-v-giao-viec = assign work
house-v-don-thu = petitions
house-v-danh-tinh = identities
house-v-nep-nha = the house
house-v-dieu-xe = vehicles
house-v-drafter = drafts
house-v-appraiser = appraises
house-v-standing = standing member
house-v-secretary = secretary
house-v-chief = initials
house-v-clerk = clerk
house-v-nothing = nothing
house-v-agree = agreement
house-v-party = Party
house-v-state = State
house-v-outside = other
house-v-room = room
house-v-vehicle = vehicle
house-v-none = no account
house-s-above = Office above
house-s-name = Name of the office
house-s-first_day = First day
house-s-hours = Office hours, morning and afternoon
house-s-weekday_off = Days of the week off
house-s-vehicle_gap_minutes = Between two trips of a vehicle (minutes)
house-s-urge_at = Hour of reminders
house-s-day_ends = Hour at which a due day ends
house-s-internal_lead = Inner date before the outer one (working days)
house-s-default_days = Usual time (days)
house-s-default_for = Types of papers with the usual time
house-s-bodies = Offices beside this one
house-s-petitions-denouncer = Identity of who denounces
house-s-petitions-basis = Basis of the limits of petitions
house-s-petitions-limits-khieu-nai = Limit of complaints
house-s-petitions-limits-to-cao = Limit of denunciations
house-s-petitions-limits-kien-nghi = Limit of proposals
house-s-petitions-limits-phan-anh = Limit of feedback
