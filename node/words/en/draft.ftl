### Drafts on their road.

au-kind-draft = draft

mv-draft-begin = begin a draft
mv-draft-save = save a version
mv-draft-adopt = settle a version kept beside
mv-draft-hand-in = hand in
mv-draft-take-back = take back
mv-draft-appraise = appraise
mv-draft-approve = let it go out
mv-draft-ask = ask for opinions
mv-draft-opinion = say an opinion
mv-draft-extend-ask = give more time
mv-draft-close-ask = sum up opinions
mv-draft-consult = ask other bodies
mv-draft-comment = enter a comment
mv-draft-close-consult = close the asking
mv-draft-answer = answer a remark
mv-draft-check = check an answer
mv-draft-meeting = enter what the meeting said
mv-draft-initial = initial
mv-draft-redirect = redirect
mv-draft-sign = sign
mv-draft-unsign = take the signature back
mv-draft-return = return
mv-draft-issue = issue
mv-draft-withdraw = withdraw
mv-draft-resume = resume
mv-draft-supersede = replace by another draft
mv-draft-reassign = reassign

draft-state-draft = being written
draft-state-appraise = waits for appraisal
draft-state-approve = waits for the standing members
draft-state-opinions = opinions are being asked
draft-state-meeting = waits for a meeting
draft-state-absorb = taking remarks in
draft-state-initial = waits for initials
draft-state-sign = waits for the signature
draft-state-issue = signed, waits to be issued
draft-state-issued = issued
draft-state-withdrawn = withdrawn
draft-state-superseded = replaced by another draft

draft-section-sign = To be signed
draft-section-initial = To be initialled
draft-section-opinion = Your opinion
draft-section-appraise = To be appraised
draft-section-answer = Remarks to be answered
draft-section-absorb = To be handed on
draft-section-check = Answers to be checked
draft-section-meeting = Word of the meeting
draft-section-ask = Opinions to be asked
draft-section-sum = Opinions to be summed up
draft-section-issue = To be issued

draft-part-title = Abstract
draft-part-body = Text
draft-part-tasks = Tasks
draft-part-recipients = Recipients
draft-part-files = Files
draft-part-signing = Form of signing
draft-part-urgency = Urgency

draft-no-title = The abstract is missing.
secret-stub = Secret papers are not written here: only number and date are entered.
draft-unknown = There is no such draft.
version-unknown = There is no such version.
draft-not-drafter = The house does not let this person draft; choose another.
draft-no-road = There is no road for { $type } of { $issuer }. The chief makes one in the house.
type-not-for-body = { $body } does not issue { $type }.
issue-off-road = { $type } has a road: draft, appraise, sign, then issue.
draft-ended = The draft is { $state ->
    [issued] issued { $number }
    [withdrawn] withdrawn
    [superseded] replaced by another draft
    [draft] being written
   *[other] { $state }
}; nothing more can be done.
draft-not-there = The draft is { $state ->
    [appraise] waits for appraisal
    [approve] waits for the standing members
    [opinions] opinions are being asked
    [meeting] waits for a meeting
    [absorb] taking remarks in
    [initial] waits for initials
    [sign] waits for the signature
    [issue] signed, waits to be issued
    [issued] issued
    [withdrawn] withdrawn
    [superseded] replaced by another draft
    [draft] being written
   *[other] { $state }
}; this step is not now.
draft-not-yours = This belongs to { $drafter } or to who has this step.
draft-locked = The draft is { $state ->
    [appraise] waits for appraisal
    [approve] waits for the standing members
    [opinions] opinions are being asked
    [meeting] waits for a meeting
    [absorb] taking remarks in
    [initial] waits for initials
    [sign] waits for the signature
    [issue] signed, waits to be issued
    [issued] issued
    [withdrawn] withdrawn
    [superseded] replaced by another draft
    [draft] being written
   *[other] { $state }
} and cannot be changed. Take it back or have it returned first.
draft-edited = { $by } has just saved a version that changes the same part. Yours is kept beside it (no. { $beside }): compare and choose.
draft-beside = A version kept beside has not been settled.
draft-type-fixed = Another type or issuer is another road: begin a new draft that replaces this one.
draft-not-appraiser = The house does not let you appraise.
draft-not-secretary = This is for the secretary of the standing members.
draft-not-standing = This is for the standing members.
draft-not-chief = This is for the chief of office.
appraise-own = Who wrote it does not appraise it.
appraise-light-only = Who appraises corrects the look only. What concerns the words is written as a remark.
pass-with-must = This road has no later step to take remarks in: return it with the remark, or make it a suggestion.
version-moved = There is version { $now } now; you were looking at an older one. See what changed and do it again.
return-no-reason = Say why.
remark-open = Remarks without an answer: { $list }.
remark-unchecked = Answers not checked yet: { $list }.
remark-unknown = There is no such remark.
remark-how = Choose taken or explained.
remark-empty = An explanation needs words.
remark-not-taken = Said to be taken but there is no newer version since the remark.
remark-not-answered = This remark has no answer yet.
remark-done = This remark has been checked.
check-own = Who wrote it does not check the answers.
ask-until = The time for opinions must be at least { $hours } hours away.
ask-open = The slip before is still open.
ask-none = No slip is open.
ask-not-due = Not yet due and not answered by: { $silent }.
opinion-not-asked = You are not among those asked.
opinion-closed = Summed up at { $at }; this opinion is noted and not counted.
opinion-word = Choose agree, agree with remarks, other, none.
opinion-no-words = Write the opinion.
opinion-no-slip = Entered for another needs the scanned slip.
consult-open = Other offices are still being asked.
comment-not-asked = This office was not asked.
meeting-no-event = Name the meeting (E…).
signer-no-right = You may not sign { $type } of { $issuer }.
sign-other = It waits for { $signer }. The chief can redirect it.
sign-form = The right form of signing is { $right }.
sign-order = { $first } signs first.
withdraw-signed = It is signed: the signer takes the signature back first.
taken-already = Somebody has acted on it; ask for its return.
issue-not-clerk = Only the clerk issues.
issue-unsigned = Not signed ({ $state ->
    [appraise] waits for appraisal
    [approve] waits for the standing members
    [opinions] opinions are being asked
    [meeting] waits for a meeting
    [absorb] taking remarks in
    [initial] waits for initials
    [sign] waits for the signature
    [issue] signed, waits to be issued
    [issued] issued
    [withdrawn] withdrawn
    [superseded] replaced by another draft
    [draft] being written
   *[other] { $state }
}).
issue-future = The date of issue is in the future.
issue-before-signature = The date of issue is before the signature.
ask-not-carried = Less than half: back to the step before.
draft-unchanged = Nothing changed; no new version.
draft-merged = Merged with the version that { $by } just saved (another part).
comment-late = After the time; still in the table.
comment-after = After the table was closed; kept beside it.

draft-state = Where it stands
draft-drafter = Drafted by
draft-until = Until
draft-version = Version
draft-remark = Remark
draft-words = In words
draft-answer = Answer
draft-same = Both versions say the same.
draft-road-hash = Hash of the road
draft-version-hash = Hash of the signed version
draft-road-differs = The entries of the draft are not those of the road that { $number } bears. Some are lost or changed: check the ledger.
remark-is-open = not answered
remark-is-answered = answered, to be checked
remark-is-checked = checked
nav-sign = For signature
sign-tab-mine = Waiting for me
sign-tab-all = All drafts
sign-none = There is no draft here.
btn-new-draft = Draft a paper
draft-issuer = Issued by
draft-type = Type
draft-to = Recipients
draft-to-hint = Office codes separated by commas; subtree:40 is office 40 and all under it.
draft-tasks-hint = One task a line: id|content|offices|deadline|product.
draft-source = Source
draft-of-version = Version { $version }, written by { $who } at { $time }
draft-difference = What changed from version { $from } to version { $to }
draft-text-of = Text of version { $version }
draft-road = Road
draft-road-version = { $name }, version { $version }
draft-remarks = Remarks and answers
draft-must = to be answered
draft-suggestion = suggestion
draft-opinions = Opinions
draft-opinions-until = Until { $until }; about version { $version }
draft-opinions-agree = Agree ({ $n }): { $who }
draft-opinions-other = Otherwise ({ $n }): { $who }
draft-opinions-none = No opinion ({ $n }): { $who }
draft-opinions-silent = Silent ({ $n }): { $who }
draft-opinions-counted = Counted as agreeing: { $counted }; needed: { $needed }
draft-opinions-basis = Silence counts as agreement by { $basis }
draft-approvals = Passed
draft-approval-form = Form appraised
draft-approval-content = Content appraised
draft-approval-approve = Standing members
draft-approval-opinions = Opinions summed up
draft-approval-meeting = Meeting
draft-approval-initial = Initials
draft-approval-about = { $who }, version { $version }
draft-approval-ended = ended by version { $version }
draft-signed-by = Signed
draft-lent-of = by a right lent by { $who }
draft-passed = Still holds, passed over
draft-beside-title = Versions kept beside
draft-beside-of = No. { $n }: { $who }, from version { $base }
draft-kept-beside = A version is kept beside: compare and choose.
draft-waits-for = Waits for { $who }
draft-story = Story
draft-field-must = Remarks that must be answered, one a line
draft-field-suggest = Suggestions, one a line
draft-field-until = Opinions until
draft-field-question = What is asked
draft-field-event = Meeting
draft-field-to = Who
draft-field-date = Date of issue
draft-field-form = Form of signing
draft-field-opinion = Opinion
draft-field-report = It goes up as a report
draft-stance-agree = Agree
draft-stance-agree-note = Agree, with remarks
draft-stance-other = Another opinion
draft-stance-none = No opinion
draft-meeting-pass = Passed
draft-meeting-changes = Passed with changes
draft-meeting-back = Not passed
draft-how-taken = Taken in
draft-how-explained = Explained
btn-draft-pass = Passes
btn-draft-back = Return
btn-draft-check = Checked
btn-draft-reopen = Open again
btn-draft-adopt = Use this one
btn-draft-drop = Drop it
btn-draft-save = Save version
btn-draft-begin = Begin
draft-edit = Change version { $version }
draft-saved = A new version was saved.
draft-done = Written: { $what }.
draft-issued-as = Issued as { $number }.
draft-ask-sign = Sign this version { $version }?
draft-ask-issue = Issue this paper?
draft-of-paper = The road of this paper
draft-drafted = Drafted
draft-no-house = The house has no road yet. The chief makes one in the house.
draft-offices = Offices asked
draft-offices-hint = Ids of units or outside bodies of the house, separated by commas.
draft-comments = Comments of other offices
draft-comment-missing = no answer yet
