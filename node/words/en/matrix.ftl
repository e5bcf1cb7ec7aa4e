### Oversight: directives, tasks, completeness of reports, the trail.

au-about = Every entry that the hub holds, but for what an office writes to itself, newest first. The signature and authority of each were checked.
au-about-console = What was done at these pages and on the hub's command line: logins, accounts, reminders.
au-all-kinds = All kinds
au-console = Actions at the hub
au-entries = Entries
au-kind-directive = directives
au-kind-guidance = guidance
au-kind-inspection = inspections
au-kind-programme = programmes
au-kind-registry = office registry
au-kind-report = reports
au-look-on = Look further back
au-newest = Back to the newest
au-none = No entry in what was looked through.
au-other = Refused, without effect
au-registry = registry: { $what }
au-reg-office = facts of an office
au-reg-credential = certificate for a machine
au-reg-revoked = certificate of a machine revoked
au-reg-refused = entry refused
au-reg-question = question about a machine
au-reg-answer = answer about a machine
au-reg-went-back = the hub went back
au-reg-hub-key = key of the hub
au-reg-authorities = certificate authorities
au-reg-withdrawn = mistaken facts withdrawn
au-reg-turned = a new day
au-reg-addresses = addresses of the hub
au-reg-unknown = unknown
au-signed = signature good
doc-answers = Answers or reminds of
doc-15 = given back to the sender, the copy is destroyed
next-confirm = { $count } results are reported as done and wait for your verdict
next-refused = { $count ->
    [one] 1 office refused it: decide what follows
   *[other] { $count } offices refused it: decide what follows
}
next-refused-note = Who refused it cannot accept it any more: send a new document elsewhere, or ask for this one back. This line goes when you have sent a reminder or asked for it back.
next-take-back = The sender asks for this document back
next-take-back-note = Answer this first: if you agree, the copy is destroyed; if you decline, say why.
part-remedy = Remedy after the inspection
doc-related = Related papers
doc-related-more = and { $count } older documents
story-letter = sent a paper about it
mx-absent = Never connected
mx-absent-n = Never connected: { $count } offices. Send it another way
mx-accepted = Accepted
mx-act = Act now
mx-act-n = Act now: { $count } { $count ->
    [one] office
   *[other] offices
}
mx-all-through = all
mx-arrived = Arrived
mx-as-of = Sent to { $offices } offices, { $sent }. As of { $now }: { $heard } heard of in the last 15 minutes, { $silent } silent.
mx-due = due { $time }
mx-asked-back = asked back
mx-chip-express = Express
mx-chip-late = With late tasks
mx-chip-open = Not completed
mx-chip-unaccepted = Not all accepted
mx-chip-not-accepted = Not accepted
mx-completed = Completed
mx-course = On course
mx-course-n = On course: { $count } { $count ->
    [one] office
   *[other] offices
}
mx-express = not yet, { $span }
mx-heard = Last heard
mx-l-came = arrived at the office
mx-l-dlate = done late
mx-l-dunk = done, not yet known when it reached the hub
mx-l-done = done
mx-l-late = late
mx-l-na = not given
mx-l-run = in progress
mx-l-soon = due soon
mx-l-unk = unknown
mx-l-urg = express, not accepted
mx-l-wait = not yet
mx-late-tasks = Late tasks
mx-n-express = { $count } express, not accepted
mx-n-late = { $count } late
mx-n-not-there = not there yet: { $count }
mx-n-undone = not completed: { $count }
mx-n-rest = { $count } not yet
mx-n-unknown = { $count } unknown
mx-never = never
mx-no-rows = No such office.
mx-none = No directives yet. Those of all offices will appear here.
mx-paper = See the paper
mx-processing = Handled
mx-refused = refused: { $why }
mx-remind-note = You will be asked before it goes; a reminder of another office’s paper is a letter of the hub.
mx-remind-word = Remind # offices
mx-reminded-all = Reminded { $count } times, all recipients
mx-reminders = Reminders
mx-silent = Silent
mx-silent-n = Silent, unknown: { $count } { $count ->
    [one] office
   *[other] offices
}. Not counted as late; judged by signed times once they are back
note-account-added = account added
note-account-disabled = account disabled
note-account-enabled = account enabled
note-account-first = first account made
note-account-password = new password given
note-account-position = how somebody signs changed
note-account-role = role changed
note-account-shown = shown name changed
note-backup-taken = backup taken
note-figure-silence = time until silence changed
note-figure-soon = days until due soon changed
note-login = signed in
note-login-refused = sign-in refused
note-code-made = enrolment code made for an office
note-factor-reset = second factor of somebody taken away
note-machine-revoked = certificate of an office's machine revoked
note-passkey-added = passkey added
note-passkey-removed = passkey removed
note-password-changed = password changed
note-recovery-code-used = recovery code used
note-recovery-codes = new recovery codes
note-sessions-ended = all sessions ended
note-totp-off = authenticator removed
note-totp-on = second factor on
note-watch-begun = watch begun
note-reminded = reminded
remind-all-read = Every addressee reads the whole letter, also what it says of the others; remind them one by one if each is to see its own part only.
remind-back = ‹ Back
remind-means-letter = The hub sends a letter to the offices below; once sent it can only be asked back.
remind-means-own = The hub issued this paper: the reminder goes into its story, where all recipients see it. It cannot be withdrawn.
remind-nobody = No office is ticked. Tick some, then remind.
remind-not = Do not send
remind-not-accepted = not accepted
remind-not-completed = not reported as completed
remind-nothing-lacks = under way
remind-offices = Remind { $count } { $count ->
    [one] office
   *[other] offices
}
remind-report-text = The hub has not received your office's report on form { $form }, period { $period }; it was due { $due }.

    Send it now. Where there is no figure, say "no data" and why; do not write 0.
remind-report-title = Reminder to send the report on form { $form }, period { $period }
remind-text = Following { $paper } up to { $now }, these offices still have something open:

    { $list }

    Act now and report the result.
remind-title = Reminder to carry out { $number }
rp-arrival-unknown = Of { $count } the arrival is unknown.
rp-arrived-at = Arrived
rp-asked = Asked
rp-at-once = at once
rp-cells = Office × indicator
rp-chart = Reports received by period, form { $form }
rp-from = From
rp-in-time = on time
rp-late-by = late by { $span }
rp-missing = Missing
rp-missing-late = Late, not sent: { $count } { $count ->
    [one] office
   *[other] offices
}
rp-missing-open = Not sent, still in time: { $count } { $count ->
    [one] office
   *[other] offices
}
rp-month = month { $month } ({ $span })
rp-n-returned = { $count } returned
rp-newest = Newest reports
rp-no-report = not reported
rp-nobody = No report has come for this period.
rp-none = No periodic reports yet. They will appear here.
rp-none-in = No report on this form in { $year }.
rp-not-expected = no report was asked for
rp-on-time-arrived = On time as arrived
rp-on-time-signed = On time as signed
rp-office-code = Office code
rp-ratio = not added
rp-ratio-note = Shares and means cannot be added: see each office in the file Office × indicator.
rp-received = Received
rp-remind-note = You will be asked before it goes; each reminder is a letter of the hub.
rp-by = { $form }, by { $kind }
rp-sentence = { $received }/{ $expected } received; on time { $signed } as signed, { $arrived } as arrived; { $accepted } accepted. Due { $due }.
rp-sentence-unasked = { $received } reports received; nobody asked for them here, so none is missing; on time as signed { $signed }, as arrived { $arrived }; accepted { $accepted }. Due { $due }.
rp-signed-at = Signed
rp-signed-in-time = signed in time, arrived late
rp-sums = Sums
rp-title = Completeness of reports
rp-too-large = too large
rp-unasked = not asked for
rp-unknown = unknown
rp-year = { $year }
tk-all-offices = All offices
tk-done = done
tk-none = No such task.
tk-open = Not done
tk-owner = Given by
tk-running = in time
tk-shown = { $first }–{ $last } of { $all }, worst first, then by deadline
tk-title = Tasks of all offices
toast-reminded = Reminded { $count } offices.
toast-reminded-by = Reminded { $count } offices by letter { $number }.
