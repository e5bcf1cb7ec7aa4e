### Work inside the office.

au-kind-assignment = assignment

mv-assignment-give = given
mv-assignment-propose = proposed
mv-assignment-approve = given as proposed
mv-assignment-keep = kept, no work given
mv-assignment-take = taken
mv-assignment-pass = handed down
mv-assignment-back = given back
mv-assignment-reassign = given to somebody else
mv-assignment-progress = progress
mv-assignment-contribute = word of who helps
mv-assignment-seen = seen
mv-assignment-note = note
mv-assignment-hand-in = result handed in
mv-assignment-check = seen and passed up
mv-assignment-return = returned
mv-assignment-confirm = confirmed as done
mv-assignment-ask = later date asked for
mv-assignment-grant = later date granted
mv-assignment-deny = later date not granted
mv-assignment-move-due = date moved
mv-assignment-withdraw = withdrawn
mv-assignment-reopen = opened again

not-found = No such work, or not yours to see.
no-account = { $who } has no account; give it to { $unit }, who will assign it.
person-unknown = The house has no “{ $who }”. Nothing was written; check the id of the person or unit.
no-right = The account has no right to { $what ->
    [giao-viec] give work
    [keep] file a paper without giving work
    [register] register papers
    [void] void a number
    [decide] decide on papers that came
    [don-thu] handle petitions
    [propose] propose work
    [report] report results upwards
   *[other] { $what }
}. Nothing was written.
person-left = { $who } left on { $day }; choose somebody else.
unit-ended = { $who } ended on { $day }; its work is now with { $heir }.
due-before-today = { $due } has passed; today is { $today }.
due-after-outer = The outer date is { $outer }. Ask above first, or say why the inner date is later.
due-after-own = Your own date is { $own }; what you hand on may not be later.
product-unknown = No document type “{ $what }”.
role-twice = { $who } has two roles; one role a person.
content-missing = Say what is to be done.
part-given = { $what } was given to { $who } at { $time } ({ $by }). To split it, open that work.
part-closed = { $what } is closed: { $how ->
    [kept] kept ({ $day })
    [kept-because] kept: { $why } ({ $day })
    [done] done ({ $day })
    [reported] reported { $why } ({ $day })
    [withdrawn] withdrawn by who gave it ({ $day })
    [void] void: { $why } ({ $day })
    [guided] guided { $why } ({ $day })
    [answered] answered { $why } ({ $day })
    [transferred] passed on { $why } ({ $day })
    [confirmed] confirmed by who gave it ({ $day })
   *[other] { $why } ({ $day })
}.
part-unknown = No such part “{ $what }”.
root-open = The work inside is not confirmed yet: { $who }.
no-right-assign = You may give work in { $units ->
    [own-parts] your own works
   *[other] { $units }
}; for { $who }, propose it.
not-yours = { $who } is responsible for this.
not-confirmer = { $who } confirms this.
own-work = Nobody confirms his own work; { $who } does.
not-coordinating = You do not help in this work.
standin-not = { $by } does not stand in for { $who } on { $day }.
already-taken = { $who } took it at { $time }.
changed = { $by }{ $place ->
    [none] {""}
   *[other] {" "}for { $place }
} did “{ $act }” at { $time }; look again. What you typed is kept.
closed = The work was { $state ->
    [done] done
    [withdrawn] withdrawn
    [kept] kept
    [given] given
   *[other] { $state }
} at { $time }.
waits-for-confirm = Handed in at { $time }, waits for { $who }; return or confirm first.
not-handed-in = Nothing was handed in; { $who } is working on it.
product-missing = This needs { $what }: a file, a number, or why not.
children-open = { $n } parts are open: { $list }.
coordinating-silent = { $list } have not said their word; wait, or hand in and say so.
reason-missing = Say why.
until-not-later = The date asked must be after { $due }.
ask-pending = An extension to { $until } is waiting for { $who }.
no-ask = No extension is asked for.
same-person = { $who } has it already.
in-chain = { $who } handed it down; to give it back use Give back.
progress-back = It was { $n }%; say why it goes down.
out-of-range = Progress is 0 to 100.
outer-closed = { $what } is confirmed above; start new work instead.
about-himself = The petition is about { $of ->
    [unit] somebody of { $who }
   *[other] { $who }
}; give it elsewhere.
secret-no-text = Secret paper: number, level, date and person only.
batch-stopped = None of { $n } was given; mend or untick: { $list }
work-stage-unknown = There is no stage “{ $stage }”. Stages: proposed, given, taken, handed-in, done, withdrawn.

work-stage-proposed = proposed
work-stage-given = waits to be taken
work-stage-taken = under way
work-stage-handed-in = handed in, waits to be confirmed
work-stage-done = done
work-stage-withdrawn = withdrawn
work-stage-kept = kept

work-content = Content
work-stage = Stage
work-giver = Given by
work-lead = Lead
work-holder = Who has it
work-page-of = On the page of
work-confirmer = Confirmed by
work-due = Due
work-outer = Outer date
work-source = Source
work-chain = Handed down
work-unit = Where

work-left = { $n } { $n ->
    [one] working day
   *[other] working days
} left
work-today = due today
work-late-days = { $n } { $n ->
    [one] working day
   *[other] working days
} late
work-late-minutes = { $n } min late
work-late-hours = { $n } h late
work-late-since = late since { $since }

work-stands-for = for { $who }
work-away-for = away, { $who } stands in
work-away = away, nobody stands in
work-why-proposed = proposed
work-why-back = given back
work-why-left = the person has left
work-why-unit = the unit has not assigned it
work-why-unit-ended = the unit has ended
work-why-unit-no-account = the unit has no account: followed for it

stands-closed = closed
stands-given = given
stands-to-report = to be reported above
stands-to-assign = to be assigned

orphan-no-page = on nobody's page
orphan-no-confirmer = nobody confirms it
orphan-confirmed-by-himself = confirmed by who has it
orphan-given-twice = given twice

nav-works = Works
works-mine = My works
works-unassigned = To be assigned
works-given = Given by me
works-office = What the office is to do
works-owed = What others are to do
works-to-report = To be reported above
works-page = Page { $page } of { $last }, { $count } in all
works-more = { $count } more
works-before = ← before
works-next = next →
works-title = Works
today-works = { $count } works of mine
today-passed = { $count } passed to my unit
today-to-assign = { $count } to be assigned
today-to-report = { $count } to be reported
works-of = Works of { $who }
works-of-him = Open works…
btn-hand-over = Give all { $count } to this one
work-none-of = { $who } has no open work.
works-none = No works.
works-no-house = The office has no house yet, so no work can be given here.
works-approved = { $count } given as proposed.
works-written = Written.

work-section-work = to do
work-section-decide = waits for my word
work-section-help = helping
work-section-inform = for information
work-section-assign = to be assigned by me
work-section-over = ended above: confirm or withdraw
work-section-unit = nobody of the unit has it
work-over = ended above
work-asked-until = later date asked for: { $until }
work-due-on = due { $due }
work-outer-on = outer date { $due }
work-outer-before = due after the outer date { $due }
work-no-due = no date
work-first-due = First date
work-secret = Handle a secret paper
work-product = Product
work-remark = Remark
work-people = People
work-helping = Helping
work-informed = For information
work-no-word = nothing yet
work-of-word = the giver's word
work-part-of = part of another work
work-last = { $who }: { $what }
work-back-because = Given back: { $why }
work-result = Result
work-returns = Given back { $count } times
work-was-silent = Without the part of { $who }
work-result-number = Number of the paper that is the result
work-without-product = Why there is no product
work-without = Hand in without the word of { $who }
work-check-first = I see the result first
work-beyond = Why it is due after the outer date
work-because = Proposed because of “{ $word }”.
work-due-hint = Empty: the office proposes a date by its house. A day off moves to the next working day.
btn-undo = Undo
work-undone = undone
btn-accept-give = Accept and give work
btn-give-work = Give work
btn-propose-work = Propose
btn-keep-part = Keep, no work given
btn-approve-chosen = Give the chosen ones as proposed
btn-split-work = Split
btn-report-done = Report above as done
