### States, as on desk, console and command line.

st-not-started = not started
st-in-progress = in progress, on time
st-due-soon = due soon
st-due-today = due today
st-overdue = overdue by { $time }
st-done-on-time = completed on time
st-done-late = completed late
st-done-unjudged = completed, not yet known when it reached the hub
st-no-deadline = no deadline

## Status codes of a directive

doc-01 = arrived
doc-02 = refused
doc-03 = accepted, arrival no. { $number }
doc-04 = assigned
doc-05 = being handled
doc-06 = completed

## Registers of papers

reg-out = Register of outgoing papers
reg-in = Register of incoming papers
reg-out-empty = No paper has a number yet.
reg-in-empty = No paper has come yet.
reg-number = Number
reg-issued = Date of the paper
reg-title = Type and title
reg-signer = Signed by
reg-to = Addressees
reg-keeper = File copy with
reg-copies = Copies
reg-levels = Urgency, secrecy
reg-came = Came on
reg-author = Author
reg-taker = Unit or person
reg-given = Passed on
reg-signed = Received (signature)
reg-due = Due
reg-term = Term
reg-year = Year
reg-none = not said
reg-print = Whole register for print
reg-page = Back to the page
reg-printed = Printed at { $at }
reg-refused = refused; its number stays used ({ $why })
reg-doubled = number given twice
reg-versions = { $count } versions
reg-taken-back = asked to be taken back
reg-given-back = destroyed as asked
reg-not-taken = not accepted

## Độ khẩn

urg-0 = normal
urg-1 = urgent
urg-2 = very urgent
urg-3 = express
urg-4 = express, by { $time }

## Reports

rep-returned = returned for correction
rep-accepted = accepted
rep-no-data = no data

## Inspection

insp-met = met
insp-partly = partly met
insp-not-met = not met

## Sums

agg-offices = { $count ->
    [one] { $count } office
   *[other] { $count } offices
}
agg-partial = From { $counted }/{ $all } offices; { $missing } have no data.
