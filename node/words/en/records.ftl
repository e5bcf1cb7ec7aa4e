### States, as on desk, console and command line.

st-not-started = not started
st-in-progress = in progress, on time
st-due-soon = due soon
st-due-today = due today
st-overdue = overdue by { $time }
st-done-on-time = completed on time
st-done-late = completed late
st-no-deadline = no deadline
st-unknown = no contact, unknown since { $since }
st-on-course = on course

## Status codes of a directive

doc-01 = arrived
doc-02 = refused
doc-03 = accepted, arrival no. { $number }
doc-04 = assigned
doc-05 = being handled
doc-06 = completed
doc-13 = sender asks to take it back
doc-15 = agreed, copy destroyed
doc-16 = take-back declined
doc-replaced = replaced by { $number }

## Độ khẩn

urg-0 = normal
urg-1 = urgent
urg-2 = very urgent
urg-3 = express
urg-4 = express, by { $time }

## Reports

rep-draft = draft
rep-submitted = sent, not yet received
rep-received = received by the province { $time }
rep-returned = returned for correction
rep-accepted = accepted
rep-consolidated = consolidated
rep-no-data = no data

## Inspection

insp-met = met
insp-partly = partly met
insp-not-met = not met
insp-fixing = remediating, due { $due }

## Sums

agg-offices = { $count ->
    [one] { $count } office
   *[other] { $count } offices
}
agg-partial = From { $counted }/{ $all } offices; { $missing } have no data.
agg-ontime = On time { $signed }% as signed, { $arrived }% as arrived
