### The line to the hub, in one honest sentence.

line-ok = Connected. Everything sent; received up to { $time }.
line-saved = Saved here.
line-off = No contact since { $time }. Everything is saved here; { $count } items will go by themselves.
line-later = Until { $time } the hub takes nothing more from this office: { $what }. Everything waits here and goes by itself; what others send comes as always.
later-entries = more entries in one day than it allows
later-bytes = more in one day than it allows
later-refused = too many of its entries were refused today; tell the province
later-disk = the hub's disk is nearly full; tell the province
later-other = more in one day than it allows
line-rebuild = Rebuilding views: { $percent }%. Nothing is lost; ready in minutes.
line-refused = Refused: { $reason }. It stays in your ledger and goes to nobody. Correct it and send a new one.
line-newer = Needs a newer version. Kept as it is. Update to read it.
line-gap = { $count } entries from { $office } are missing. The rest is readable. A resend has been asked for.
doubt-two-histories = The hub signed two different histories of its journal (position { $position }). Everything received is kept. Export an archive (truc-node export) and tell the province.
doubled-numbers = Two papers of this office bear one number: { $numbers }. Two machines wrote at the same time without knowing of each other. Issue one of each pair anew, or void it, and tell those who got it.
doubt-owed = The hub says that it has more for this office, but since { $time } nothing of it has come, though the line stands. Tell the province.
doubt-files-room-here = The disk here is nearly full, and the rest is kept for documents: { $down } files wait to be fetched. Make room; they come by themselves.
doubt-files-room-at-hub = The disk of the hub is nearly full, and the rest is kept for documents: { $up } files of this office wait here. Documents go on. Tell the province; the files go by themselves when there is room.
doubt-files-quota = This office has sent more files than the hub takes from one office at once or within a day: { $up } files wait here and go by themselves later. If it is urgent, tell the province.
doubt-files-wrong = Files of this office arrived damaged at the hub several times: { $up } files wait and are sent again. If this stays, tell the administrator.
doubt-unheard = { $papers } papers, the oldest of { $time }: { $offices } offices have not said that they arrived. Mostly their machine is off. Telephone one of them; if its machine is on and the paper is not there, tell the province.

store-is-full = The disk has been full since { $time }, nothing more is saved. What was saved is intact and can be read. Free some space; it goes on by itself.
store-is-read-only = The disk takes no writes since { $time }: it is read-only, or the folder is not ours to write. What was saved can be read; nothing more is saved. Tell the administrator; it goes on by itself when the disk does.
store-is-failing = The disk has been failing since { $time }, nothing more is saved. What was reported as saved is verified on the disk, and it goes on by itself when the disk does. Tell the administrator.
store-is-in-use = Another program has had the store since { $time }: this is what was there then. Nothing is saved from here until it ends.
store-is-damaged = What is on the disk has not been what was written since { $time }. Nothing more is saved. Keep the folder as it is; tell the administrator, or restore a backup.
store-has-damage = The entry at position { $position } is damaged on the disk. The others are there. Tell the administrator; restore a backup.
derived-views = the tables
derived-search = the search index
derived-mail = the mail index
derived-behind = { $what } have not followed the journal since { $time }: the disk reports faults. The journal is whole, sending and receiving go on, and it is tried again every few minutes. If it lasts, ask the administrator to look at the disk.
derived-anew = Damaged on the disk, found at { $time }: { $what }. It is being made anew from the journal ({ $percent } %). No paper is lost. If it happens again, ask the administrator to look at the disk.
derived-mended = Damaged on the disk, found at { $time }: { $what }. It was made anew from the journal and is whole. No paper is lost. If it happens again, ask the administrator to look at the disk.
derived-passed = Left out because they could not be taken in: { $count } entries ({ $what }). Nothing is missing in the journal; tell support.
search-behind = The search index is being made, so some results may be missing. Please search again in a few minutes.
outcome-undigested = could not be taken in; the paper is still in the journal
line-undigested = Not taken in
line-undigested-says = These entries are in the journal, but the program could not take them into its tables. Everything else goes on. Tell support, with the lines below.

## Clocks

cli-clock = Clock
cli-clock-shows = The clock shows
cli-clock-counts = What counts
cli-clock-believed = Believed
clock-ahead = The clock of this machine is { $time } ahead of the clock of the province. What is written gets the time of the province. Set the clock: until then codes of the second factor may not fit, and without a line its wrong time is signed.
clock-behind = The clock of this machine is { $time } behind the clock of the province. What is written gets the time of the province. Set the clock: until then codes of the second factor may not fit.
clock-doubted = The clock of the hub is not believed: it shows { $shows }, and { $counts } counts instead. Mail goes on; no certificates are issued and nobody is judged by this clock. Set it; if it is right, say: truc-hub clock accept
clock-why-jumped = it was set, or has failed: so much time has not passed
clock-why-behind = the journal of the hub has newer entries
clock-why-offices = the clocks of the offices say otherwise
clock-why-long-stop = the hub stood still for longer than any certificate holds
time-signed = signed { $time }
time-arrived = at the hub { $time }
cli-signed = Signed
cli-came = At the hub
cli-clock-why = Why not
