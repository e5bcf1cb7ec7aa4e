### The line to the hub, in one honest sentence.

line-ok = Connected. Everything sent; received up to { $time }.
line-saved = Saved here.
line-received = Received by the hub at { $time }.
line-sending = Catching up: { $count } papers left, about { $time }.
line-off = No contact since { $time }. Everything is saved here; { $count } items will go by themselves.
line-never = Not enrolled yet. Enter the code from the letter.
line-clock = This clock is off by { $by }. Set it so that signing times are right.
line-cert = Certificate ends in { $days } days and has not renewed. Tell the province.
line-rebuild = Rebuilding views: { $percent }%. Nothing is lost; ready in minutes.
line-refused = Refused: { $reason }. It stays in your ledger and goes to nobody. Correct it and send a new one.
line-newer = Needs a newer version. Kept as it is. Update to read it.
line-gap = { $count } entries from { $office } are missing. The rest is readable. A resend has been asked for.
