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
