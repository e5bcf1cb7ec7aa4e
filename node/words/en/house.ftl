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
house-at-line = Line { $line }: { $sentence }
house-not-written = Nothing is written. Mend what is named above and import again.
house-nothing-new = Nothing is new.
house-would = { $count } facts would be written. Nothing is written. Without --check they are.
house-written = { $count } facts are written.
house-lacks = In the ledger and not in the file: { $things }.
house-past = Its first day has passed, and nothing that was decided changes: { $things }.
house-table-unknown = The house has no table “{ $table }”. Nothing is written. Use units, people, posts, rights, absences, delegations, issuers, signers, terms, parties, resources, holidays or settings.
house-day-wrong = “{ $value }” is no day. Nothing is written. Write YEAR-MONTH-DAY, for example 2026-12-01.
house-field-form = “{ $value }” has not the form field=value. Nothing is written. Write it as in the file, for example title=Clerk.
person-unknown = Nobody called “{ $who }” is in the house on { $day }.
no-right = The account has no right { $what ->
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
