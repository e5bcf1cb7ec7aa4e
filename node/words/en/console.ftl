### Pages of the console.

glance-express = express not accepted
glance-late = overdue
glance-unknown = no contact, unknown
glance-sent = express just sent
glance-soon = due soon
glance-done-late = completed late
glance-on-course = on course
glance-absent = never connected
glance-broken = out of contact since
glance-legend = Legend; choose one to filter
glance-age = 2h: last heard 2 hours ago
say-express = { $count ->
    [one] { $count } office has not accepted an express paper
   *[other] { $count } offices have not accepted an express paper
}
say-sent = an express paper was just sent, { $count } offices are receiving it
say-late = { $first ->
    [1] offices overdue: { $count }
   *[other] { $count } overdue
}
say-most = { $late }, most in { $places }
say-unknown = { $first ->
    [1] offices out of contact, unknown: { $count }
   *[other] { $count } out of contact, unknown
}
say-soon = nobody is overdue; { $count ->
    [one] { $count } office has something due soon
   *[other] { $count } offices have something due soon
}
say-calm = all connected offices are on course
say-absent = { $first ->
    [1] offices never connected: { $count }
   *[other] { $count } never connected
}
say-live = { $time }, live
say-as-of = as of { $time }, being renewed
empty-offices = No offices yet. Import a list or add one.
btn-import-offices = Import a list
first-title = { $count ->
    [one] Act on first: { $count } office
   *[other] Act on first: { $count } offices
}
first-under = Under
first-what = What
first-heard = Last heard
first-others = and { $count } more
first-silent = nothing heard since { $time }
first-never = enrolled, nothing heard yet
first-connected = connected
first-more = { $count } more.
first-all = See all
first-remind = Reminder
first-reminded = reminded { $time }
fleet-title = Offices and machines
fleet-calm = no machine needs hands
fleet-needs = { $count ->
    [one] { $count } office needs hands
   *[other] { $count } offices need hands
}
fleet-question = machine in question
fleet-refused = { $count ->
    [one] { $count } entry refused
   *[other] { $count } entries refused
}
fleet-certificate = certificate ends in { $count } d
fleet-quota = used up a day's allowance: { $what }
fleet-expired = certificate has ended
fleet-revoked = revoked, not enrolled again
fleet-clock = clock off by { $time }
fleet-disk = { $size } of disk left
fleet-old = old version { $version }
fleet-silent = no contact
fleet-absent = never connected
kind-question = machine in question
kind-refused = entries refused
kind-quota = allowance used up
kind-certificate = certificate ending
kind-clock = clock off
kind-disk = disk nearly full
kind-old = old version
kind-silent = no contact
kind-absent = never connected
kind-all = all
quota-entries = entries sent
quota-bytes = amount sent
quota-refused = refused entries
quota-refused-said = refusals told
quota-evidence = entries kept as evidence
quota-forged = wrong signatures
quota-questions = machines in question
quota-went-back = claims that the hub was put back
quota-branches = goes on from an earlier state
quota-enrolments = enrolments
quota-disk = room on the hub's disk
col-backlog = Waiting
col-certificate = Certificate (days)
col-version = Version
col-clock = Clock off (s)
col-disk = Disk free
col-credential = Credential
col-needs = Needs
btn-add-office = Add an office
btn-letters = Print # letters
btn-letter = New code, print its letter
btn-revoke = Revoke…
btn-approve = It is the right machine: let it go on
btn-refuse-machine = It is not: revoke it
ask-revoke = Revoke { $office }? Cut off within 5 seconds; signed work stays valid. To come back it enrols with a new code.
ask-letter = An older code of this office that nobody used is then worth nothing.
done-revoked = Revoked { $office }.
done-approved = The machine of { $office } goes on.
done-refused-machine = The certificate of { $office } is revoked. Give its rightful machine a new code.
done-added = Recorded { $office }.
done-imported = List taken in: { $added } added, { $changed } changed, { $unchanged } as they were.
office-question = This machine does not continue the one that the hub last met: a restored backup, a replaced disk, or a copy. Telephone the office before you answer. Copies share one certificate: if you refuse, the rightful machine too must be enrolled again with a new code, over its store.
sec-facts = Over time
sec-below = Offices under it
sec-machine = Machine
sec-duties = What it owes
sec-newest = Its newest entries
none-duties = Nothing is owed.
none-entries = The hub has nothing from this office yet.
col-since = Since
fact-closed = ended
tier-hub = hub
tier-province = province
tier-district = district
tier-commune = commune
field-office-code = Administrative code
field-office-parent = Code of the office above
field-office-tier = Tier
field-office-kind = Kind of unit
field-office-name = Full name
field-since = True from
field-list = The list (paste it here)
field-list-rename = They are the same offices, under new names
field-list-file = Or a CSV file
hint-office-parent = Empty: right under the hub (a province only).
parent-none = (none: right below the hub)
hint-office-symbols = Empty: as before; for a new office those of its tier (TU and VPTU, HU and VPHU, ĐU and VPĐU). Separate several by commas.
hint-office-kind = tỉnh, huyện, xã, phường …
hint-office-add = A code that is known on that day: what is said here of that office is new.
hint-list = CSV in UTF-8; the first line names the columns: code, parent_code, tier, kind, name. The whole list is checked first; one wrong line, and nothing is written.
add-no-parent = No office above has this code on that day. Nothing was written. Correct the code, or add that office first.
add-wrong-parent = The office above must be of a higher tier; only a province has none. Nothing was written. Correct the tier or the code.
import-title = Import a list of offices
import-wrong = { $count ->
    [one] Nothing was written: { $count } line to correct.
   *[other] Nothing was written: { $count } lines to correct.
}
import-line = Line
import-text = What it says
import-error = What is wrong
import-nothing = No list: paste it or choose a file.
letter-title = Enrolment letter
letter-of = Letter to connect the machine of { $office } to Trục
letter-date = { $place }, { $date }
letter-code = Code (works once)
letter-address = Address of the hub, which is in the code: { $address }
letter-qr = QR picture of the code
letter-step-1 = Start the office’s machine, install truc-node and connect it to the network.
letter-step-2 = Run truc-node enrol with the code above, or scan the QR picture to copy it. Capitals and spaces do not matter.
letter-step-3 = Compare the fingerprint that the machine shows with the one below. If one sign differs, stop and call the province.
letter-expires = Worth nothing from { $time }
letter-life = The code is good until { $time }, for one machine. Whoever has it can become that office: hand it over, or send it sealed.
field-valid = The code lives for
life-15m = 15 minutes (handed over now)
life-1d = 1 day
life-7d = 7 days (by post)
letter-gave = Handed over by
letter-took = Received by
letter-sign = (signature and name)
letter-secret = Do not photograph this letter or send it over a network.
letter-back = Back to the offices
letter-none = No office is chosen.
letter-made = { $count ->
    [one] One enrolment code was made.
   *[other] { $count } enrolment codes were made.
} This page opens again for a few minutes only: print it now.
letter-gone = A letter can be opened again for a few minutes after its code was made. If it was not printed, make a new code; the old one is then void.
letter-too-many = At most { $limit } offices at once: each letter is a secret to be handed over.
