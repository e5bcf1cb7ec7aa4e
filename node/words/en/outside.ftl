## Papers from outside, petitions, registers

# Heads of the registers' columns
register-issued = Date
register-taker = Unit or person
register-figure = No.
register-sender = Sender, address
register-summary = Summary
register-class = Class
register-road = Decision
register-limit = Limit
register-result = Result
register-to = To
register-level = Secrecy
register-person = Person
register-task = Task
register-basis = Basis (paper that gives it)
register-leader = Leader
register-dues = First date, changes
register-state = Progress, result
register-verdict = Verdict of who gave it

# Words in cells
register-unassigned = not given yet
register-copy = paper copy here ({ $day })
register-void = Void number: { $why }
register-moved = , moved to { $due }
register-handed-in = handed in { $day }
register-done = done { $day }
register-late = { $n } working days late
register-late-today = late that day
register-withdrawn = withdrawn by who gave it
register-kept = kept ({ $day })
register-kept-because = kept: { $why } ({ $day })
register-reported = reported { $why } ({ $day })
register-guided = guided ({ $day })
register-guided-because = guided: { $why } ({ $day })
register-answered = answered { $paper } ({ $day })
register-transferred = passed to { $to } { $paper } on { $day }
register-no-title = (no title here)
register-again = (again)
register-anonymous = no name
register-envelope = kept secret, envelope { $envelope }
register-masked = kept secret
register-accepted = accepted ({ $day })
register-given = given to { $who }
register-unsorted = not decided yet
register-proposed = proposal done { $day }
register-word = word of the giver
register-returned = returned { $n } times
register-passed = handed down
register-change = moved to { $due } ({ $why })
register-state-late = done late
register-state-on-time = done on time

# Petitions
petition-khieu-nai = complaint
petition-to-cao = denunciation
petition-kien-nghi = proposal
petition-phan-anh = feedback
petition-reason-anonymous = anonymous
petition-reason-repeated = repeated
petition-reason-repeated-of = repeats no. { $n }
petition-reason-settled = settled
petition-reason-taken-back = taken back by its sender

# Name of the kind and of its moves
au-kind-outside = papers from outside
mv-outside-arrive = register
mv-outside-paper-copy = note a paper copy
mv-outside-void = void the number
mv-outside-correct = correct
mv-outside-summary = say what it is about
mv-outside-classify = classify
mv-outside-sender = say who sent it
mv-outside-identity = see who sent it
mv-outside-accept = accept
mv-outside-keep = keep, give no work
mv-outside-guide = guide
mv-outside-answer = answer
mv-outside-transfer = pass on by slip
mv-outside-receipt = note the receipt
mv-outside-reply = note their answer
mv-outside-note = add a note
mv-outside-full-register = make the register with all senders

# Why not
party-unknown = “{ $who }” is not among the parties; add it to the house first.
party-missing = Nothing says whose paper it is. Nothing was written.
sender-missing = Nothing says who sent it: a name, an envelope, or that there is no name. Nothing was written.
no-right-identity = Only { $list } may open who it is.
identity-in-text = The text names the denouncer; take it out.
identity-on-paper = The office keeps who denounced on paper: leave out name and address, and give the number of the envelope. Nothing was written.
petition-decided = The petition is decided: { $how ->
    [kept] kept
    [guided] guided
    [answered] answered
    [transferred] passed on
   *[other] { $how }
} { $why } ({ $day }).
answer-by-missing = A transfer needs a date to answer.
duplicate-paper = { $what } of { $who } of { $day } is registered as no. { $n }.
paper-copy = { $what } came through the system as no. { $n }; note the paper copy there.
number-used = Arrival number { $n } is used.

# How it came
channel-post = post
channel-hand = by hand
channel-fax = fax
channel-mail = e-mail
channel-axis = document axis
channel-reception = reception of citizens
channel-forwarded = forwarded by another body

# Pages
nav-outside = Papers from outside
registers = Registers
register-petitions = Register of petitions
register-secret = Register of secret papers
register-transfers = Register of transfers
register-tasks = Register of tasks
register-empty = The register has no line yet.
register-of-year = Year { $year }
register-span = From no. { $first } to no. { $last }
register-keeper = Kept by
register-chief = Head of the office
register-full = Register with all senders
register-full-note = This register names those who denounced. Who makes it, and why, is kept; it stays open for 10 minutes.
btn-arrive = Register what came
btn-arrive-paper = Register a paper
btn-arrive-petition = Register a petition
btn-arrive-secret = Register a secret paper
arrive-paper = Paper from outside
arrive-petition = Petition
arrive-secret = Secret paper
arrive-which = Which register?
arrive-level-first = Choose the level before you write: of a secret paper no title stands here.
arrive-secret-note = Number, level, date and sender only. No title, no scan.
arrive-received-hint = Empty: today.
arrive-number-hint = Empty: the next of the year.
arrive-scan-hint = Of a denunciation attach only a copy without name, address and handwriting.
arrive-sender-later = Who sent it is said on the petition's page once it is registered; put no name into the summary.
arrive-done = Registered as no. { $number }.
outside-find = Find among papers from outside
outside-newest = Newest
outside-what = The paper
outside-book = Register
outside-next = May be done
outside-channel = How it came
outside-pages = Pages
outside-about = About whom
outside-about-hint = The person of the office whom it is about: that person does not see it, and the person's unit does not get it.
outside-earlier = The petition before
outside-earlier-hint = Its number in this year's register.
outside-sender = Name of the sender
outside-address = Address
outside-signers = How many signed
outside-envelope = Envelope that keeps the name
outside-envelope-hint = With an envelope, leave name and address empty.
outside-no-sender = not said yet
outside-reason = Why it is kept
outside-paper = Number of the paper
outside-answer-by = To be answered by
outside-field = Field
outside-value = New value
outside-opened-now = The sender (that you looked is noted):
outside-accepted = accepted, to be assigned
outside-decided = { $road ->
    [kept] Kept
    [guided] Guided
    [answered] Answered
    [transferred] Passed on
   *[other] { $road }
} { $paper }
field-of-party = sender's body
field-of-number = number
field-of-issued = date of the paper
field-of-document-type = type
field-of-title = title
field-of-channel = how it came
field-of-pages = pages
petition-masked = (petition)
btn-find = Find
register-not-yours = This register is for those with the right to petitions.
outside-passed = Passed to the unit, waits for an answer
