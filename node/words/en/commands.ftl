### What a command is refused for.

not-enrolled = This store is not enrolled for any office. Nothing was changed. Enter the code from the letter: truc-node enrol CODE.
office-unknown = No office has the code or name { $office }. Nothing was written. Check the code or name.
office-ambiguous = Several offices are called { $office }. Nothing was written. Type the whole name with the kind of office, or the code.
record-unknown = There is no record { $record } here. Nothing was written. Look it up with list.
record-ambiguous = { $record } means several records: { $found }. Nothing was written. Give more of the id.
entry-unknown = There is no entry { $entry } in this store. Look it up with log.
desk-move-not-allowed = This cannot be done now: { $move }. Nothing was written. Possible: { $allowed }.
move-not-allowed = The record does not allow "{ $move }" now. Nothing was written. Allowed: { $allowed }.
desk-move-none = This office can do nothing with the paper now, nor: { $move }. Nothing was written.
move-none = This office may make no move on the record now, nor "{ $move }". Nothing was written. Look at it with show.
desk-number-resuming = This machine is taking its ledger back and does not know its last number yet. Nothing was written. Wait until the line has caught up, or fill in the number.
number-resuming = This store is taking its ledger back and does not know its last number yet. Nothing was written. Wait until the line has caught up, or give --number or --no-number.
paper-issued-before = This draft was issued before, as { $number }, with another content. Nothing was written. Open that paper; what you changed since goes into a new one.
move-malformed = This cannot be written as it stands: { $part ->
    [reason] the reason is missing
    [ids-of-parts] a task, item or figure has no name of its own, or one that another has
    [due-date] a deadline is no day
    [date-of-issue] the date of issue is no day
    [kind-of-period] the kind of period is not known
    [arrival-number] the arrival number is no whole number
    [number] the number is not in its form
    [period] a day of the period does not exist, or the last one is before the first
    [figure] a figure is no number, or too long a one
    [percent] the share done is not between 0 and 100
    [too-long-a-line] a number, name or code is too long
    [too-long-a-note] a title, a content or a note is too long
    [too-many-parts] there are too many tasks, items or figures
    [too-many-offices] there are too many offices
   *[other] a part of it is wrong ({ $part })
}. Nothing was written, no number was used. Correct that part and issue it again.
move-no-effect = "{ $move }" would change nothing, for { $reason ->
    [not-owner] the record is another office's
    [no-such-part] it has no such task, item or question
    [no-version] the report has no such version
    [own-report] the report is your own
    [closed] the record is closed
    [ended] the paper was refused or given back
    [out-of-order] a step before it is missing, or a later one was made
    [already-accepted] this version is accepted
    [already-acknowledged] it was acknowledged before
    [already-issued] it was issued before
    [already-opened] it was opened before
    [version-taken] somebody was quicker: this version stands already
    [number-taken] somebody was quicker: this question has been asked
    [open-items] items of the version before are not in this one
    [too-many] the record can hold no more of this
   *[other] the record does not allow it ({ $reason })
}. Nothing was written. Look at the record again.
lead-not-addressed = An office that is given work is not among the addressees and would never hear of it. Nothing was written. Add { $offices } to the addressees.
move-second = Nothing was written: { $who } did "{ $did }" at { $when }, so "{ $move }" is not possible now. Open the record again to see.
move-unfit = "{ $move }" was not written, because { $reason ->
    [no-such-part] the record has no such task, item or question { $parts }
    [not-assigned] that task or item was not given to this office
    [not-addressee] that office is not among the addressees
    [answered] somebody has answered this question already
    [reported] this result has been reported as done; the office that gave the work judges it next
    [judged] somebody has judged this result already; wait until the office reports again
    [not-reported] that office has not reported it as done
    [not-asked] that office has not asked this question
    [unanswered] questions are not answered: { $parts }
    [open-parts] tasks of this office are open: { $parts }. Report on each first, or with it
    [open-items] items are open: { $parts }. Say of each why it is dropped, or carry it on in another programme
   *[other] it does not fit the record ({ $reason })
}. Nothing was written.
desk-number-taken = Number { $number } has been used in this term. Nothing was written. Use another, or leave it empty for the next one.
number-taken = Number { $number } has been used in this term. Nothing was written. Use another, or leave --number out for the next one.
number-ahead = The number { $number } is far beyond the next one of this register ({ $next }). Nothing was written, no number is used. Look at the figure, or leave it empty for the next one.
number-last = This register has used its last figure. Nothing was written. Give a number by hand that is still free.
arrival-taken = Arrival number { $number } of this year is another paper's. Nothing was written. Use another, or leave it out for the next one.
arrival-form = The arrival number "{ $number }" is no whole number from 1 on. Nothing was written. Write it in figures, or leave it out for the next one.
number-form = "{ $number }" is no number of a paper. Nothing was written. Give the figure alone (12), or figure and symbol (12-{ $symbol }/…).
number-type = Number { $number } bears the symbol of another type; this type has { $symbol }. Nothing was written. Correct number or type.
number-none = Papers of this type bear no number. Nothing was written. Leave the number out.
number-not-yours = This office has no register of { $symbol }. Nothing was written. Its symbols: { $own }.
number-no-register = This office has no register of its own. Nothing was written. Leave the number out, or ask the province to say the office's symbol in the registry.
desk-value-wrong = “{ $value }” is wrong. Nothing was written. Correct it and send again.
value-wrong = The value "{ $value }" is wrong. Nothing was written. See --help of this command.
paper-issued-ahead = The date on the paper, { $issued }, lies after today. Nothing was written. Correct the date; if it is right, look at the clock of this machine.
paper-term = The date on the paper, { $issued }, is not of the term { $term }; on that day ran { $terms }. Nothing was written. Correct the date or the term.
part-due-before = { $part } is due before the date on the paper, { $issued }. Nothing was written. Correct the deadline, or the date if that is wrong.
part-due-outside = { $part } is due outside the period of the programme, { $from } – { $to }. Nothing was written. Correct its deadline or the period.
period-long = The inspected period { $from } – { $to } is longer than { $years } years. Nothing was written. Choose a shorter one.
paper-due-passed = The hour of the deadline has passed. Nothing was written. Choose a later hour.
part-due-passed = The hour by which { $part } is due has passed. Nothing was written. Choose a later hour.
paper-no-hour = A paper that is express for an hour needs a deadline with that hour. Nothing was written. Give day and hour, or choose express.
period-not-as-long = { $from } – { $to } has fewer or more days than a { $kind ->
    [week] week
    [month] month
    [quarter] quarter
    [half] half year
    [year] year
   *[term] term
}. Nothing was written. Correct the days, or choose a range of days.
period-far = The period { $from } – { $to } lies too far from the date of the paper. Nothing was written. Look at the year.
due-past = The day { $day } has passed. Nothing was written. Choose today or a later day.
paper-due-far = The deadline is more than { $years } years after the date of the paper. Nothing was written. Look at the year of the deadline.
part-due-far = The deadline of { $part } is more than { $years } years after the date of the paper. Nothing was written. Look at the year of the deadline.
paper-due-before = The deadline is before the date on the paper, { $issued }. Nothing was written. Correct one of the two.
part-form = "{ $part }" is not of the form { $form }. Nothing was written. Write it like that.
views-behind = The views are behind the journal. What was saved is intact. Wait a little; if it stays so, run rebuild-views.
store-stopped = The store takes no more writes after a disk failed. What was reported as saved is kept. Check the disk, then start again.
import-not-ours = This paper is of { $office }, not of this office. Nothing was written. Import it at that office's machine.
refusal-unknown-office = This office or an addressee is not in the registry. Nothing was written. Wait for the line to the hub, or check the addressees.
refusal-not-hub = Only the hub writes the registry. Nothing was written. Ask the province's administrator.
refusal-office-ended = This office has ended: it answers what it was asked, and begins nothing new. Nothing was written. Leave new papers to the office that took over.
refusal-office-not-yet = The first day of this office is still to come: until then it writes to itself only. Nothing was written.
refusal-may-not-direct = A directive or a task may only go to one's own office and those below. Nothing was written. Send a letter instead, or leave that office out.
refusal-may-not-address = This may not go to one of the addressees. Nothing was written. Check whether they stand above, below or beside this office.
refusal-lead-not-addressed = An office is given work and is not among the addressees. Nothing was written. Add it to the addressees.
refusal-not-concerned = This is about one office, and goes to that office alone. Nothing was written.
refusal-not-your-symbol = The number bears a symbol that is not this office's. Nothing was written. Use one of your own.
refusal-not-for-body = Papers of this type are not issued here, or not under this symbol (Regulation 399-QĐ/TW). Nothing was written. Choose another type or symbol.
refusal-secret = Secret content does not travel here. Nothing was written or sent. Use the cipher unit; record number, date and title only.
refusal-foreign-record = This record is another office's: its id cannot open one of yours. Nothing was written. Issue the paper as a new one.
refusal-not-addressed = This entry is for others; the hub should not have handed it over. It is kept as evidence and shown to nobody here. Tell the province.
refusal-malformed = The content is malformed. Nothing was written. Look for ids that repeat, texts too long, wrong dates.
refusal-too-large = It is too large. Nothing was written. Shorten it, or make an attachment of it.
refusal-format = The hub does not know this format. It stays in the ledger. Update the program.
refusal-signature = The signature is of no key of the office. The entry goes to nobody. Tell the province's administrator.
refusal-chain = The entry does not follow the one before. It goes to nobody. Tell the province's administrator.
hub-not-made = There is no hub here. Nothing was changed. Make one with truc-hub init, or check --dir.
hub-exists = There is a hub here already. Nothing was changed. Use another folder, or go on with this one.
hub-toml-wrong = The configuration cannot be read: { $reason }. Nothing was changed. Correct that line.
code-not-for = No code for this office: it is the hub or has ended. Nothing was changed. Choose another.
code-valid = "{ $value }" is no life of a code. No code was made. Write it like 15m (minutes), 36h (hours) or 7d (days), at most { $most } days.
revoke-none = No machine is enrolled for office { $office }. Nothing was changed. Check the code.
question-machines = Machines that have called for { $office } since the hub started, the last caller first. Ask at the office which of them stands on its desk before you approve; when it is approved, the other one is asked about.
question-none = No machine of { $office } waits for an answer now. Nothing was changed. Look with question list: a machine can be approved while it waits.
list-form = Line { $line }: not CSV. Nothing was written. Correct this line.
list-missing-column = The column { $column } is missing. Nothing was written. The columns code, parent_code, tier, kind, name are needed.
list-unknown-column = Line { $line }: there is no column "{ $column }". Nothing was written. Correct its name or remove it.
list-too-large = The list has more than { $limit }. Nothing was written. Check the file.
list-too-long = Line { $line }: the list has more than { $limit } offices. Nothing was written. Check the file.
list-columns = Line { $line }: { $found } fields instead of { $expected }. Nothing was written. Correct this line.
list-empty = Line { $line }: code or name is empty or too long. Nothing was written. Correct this line.
list-duplicate = Line { $line }: code { $code } stands in line { $first } already. Nothing was written. Remove one of the two.
list-tier = Line { $line }: there is no tier "{ $tier }". Nothing was written. Use province, district or commune.
list-not-utf8 = Line { $line }: neither UTF-8 nor UTF-16. Nothing was written. Save the file as UTF-8.
list-no-parent = Line { $line }: there is no office above with code { $parent }. Nothing was written. Add it, or correct the code.
list-symbol = Line { $line }: "{ $symbol }" is no symbol of an issuing body. Nothing was written. Write it like TU, VPTU.
desk-list-renames = The list gives other names to { $count } open offices: { $offices }. Nothing was written. If a new office takes over an old code, end the old one first; if they are the same offices under new names, tick the box below and send again.
list-renames = The list gives other names to { $count } open offices: { $offices }. Nothing was written. If a new office takes over an old code, end the old one first (office close); if they are the same offices under new names, import again with --rename.
symbol-form = "{ $symbol }" is no symbol of an issuing body. Nothing was written. Write it like TU, VPTU.
symbol-doubled = The symbols { $symbols } belong to { $owner }: two machines must not number in one series. Nothing was written. Choose others.
list-wrong-parent = Line { $line }: tier { $tier } does not stand under tier { $above }. Nothing was written. Correct tier or parent.
list-too-low = { $line ->
    [0] Office { $code }
   *[other] Line { $line }: office { $code }
 } cannot be of tier { $tier }: under it stand { $count } offices of no lower tier: { $codes } … Nothing was written. Move them first, or in the same list.

### The disk, measured.

disk-commits = Times saved
disk-fastest = Fastest
disk-median = Median
disk-p99 = 99 of 100 within
disk-per-second = Per second
disk-is-memory = This folder is in memory: all of it is gone when the machine is switched off. Put the store on a disk.
disk-is-doubted = Faster than any disk writes: it says that it has saved before it has. A power cut may lose what was reported as saved. Switch off the write cache of the disk, or the write-back of the virtual machine, and measure again.
disk-is-quick = Saved as quickly as good disks do. Suits a node and a hub.
disk-is-slow = Saved as slowly as turning disks do. Suits a node; a hub with many offices wants a faster disk.
disk-is-very-slow = People will wait whenever something is saved. Look for what else loads this disk, or use another.
list-code-later = Line { $line }: code { $code } is that of "{ $office }" from { $day } on, after the day of this list. Nothing was written: it would become a second office for ever. Check the day (--since).
close-not-there = Office { $office } is not there on { $day }. Nothing was written. Check code and day.
close-later = More is said of office { $office } from { $day } on. Nothing was written. Withdraw that first, or choose a later day.
close-below = Under office { $office } stand { $count } offices on that day: { $codes } … Nothing was written. End or move them first.
close-heir = Office { $heir } is not there on { $day }, or is the office itself. Nothing was written. Check the heir.
withdraw-nothing = { $day ->
    [none] Nothing is said of office { $office } that could be taken back.
   *[other] Of office { $office } nothing is said with the first day { $day }.
 } Nothing was written. See office show.
withdraw-used = Office { $office } has had a machine, mail or offices under it, or is named as an heir. Nothing was written. End it with office close instead.
office-several = Code { $office } was or is that of several offices. Nothing was written. Use one of the ids: { $ids }
office-closed-already = It has ended so already. Nothing was written.
office-said-already = It is so already. Nothing was written.
office-revoked-already = All its machines were revoked already. Nothing was written.
word-inert = This would change nothing. Nothing was written. See how things stand with office show.
withdraw-wait = It is not known yet whether anything was sent to office { $office }: the mail index is being made. Nothing was written. Try again in a moment.
office-withdrawn = Taken back.
office-rests = It rests until its day comes.
code-enrolled = This office has a machine, last heard { $heard }; a new code would end it. No code was made. To replace it all the same: --replace.
cli-said = Said on
cli-withdrawn = Taken back on
cli-held = On that day
address-form = "{ $address }" is no address. Nothing was changed. Write name and port, as hub.example:7443.
address-letters = "{ $address }" has letters that names on the line do not have. Nothing was changed. Write the name as it is registered, beginning with xn--.
address-figures = "{ $address }" is neither a name nor a whole IP address. Nothing was changed. Write four figures from 0 to 255, or the name.
address-unspecified = "{ $address }" means all addresses of a machine: nobody can call it. Nothing was changed. Write the one at which offices reach the hub; where the hub listens is set apart from it (listen in hub.toml).
address-many = The hub has { $limit } addresses already. Nothing was changed. Remove one that is not used.
address-unknown = { $address } is not among the addresses of the hub. Nothing was changed. See address list.
address-last = { $address } is the hub's only address. Nothing was changed. Add the new one first.
list-workbook = This is a workbook of a spreadsheet program. Nothing was written. Save the sheet as CSV there.
list-code-rounded = Line { $line }: the spreadsheet turned a code into "{ $code }", and its last digits are lost. Nothing was written. Format the column as text and type the codes again.
list-code-letter = Line { $line }: code "{ $code }" has the sign "{ $letter }". Nothing was written. Use letters, digits and - . _ /.
list-control = Line { $line }: "{ $text }" has signs that break the line or turn the writing. Nothing was written. Type it again.
list-unnamed-column = Line { $line }: column { $number } has no name, but something stands in it. Nothing was written. Name it or empty it.
