### What went wrong: what happened. What was kept. What to do.


## The system

io-disk-full = The disk is full, nothing was written. What was saved before is intact. Free some space and try again.
io-read-only = The disk or folder is read-only, nothing was written. What was saved before is intact. Make it writable and try again.
io-denied = No permission to read or write here. Nothing was changed. Run as the right system account, or correct the permissions.
io-not-a-folder = A file stands where a folder should be. Nothing was changed. Check the path.
io-not-found = No such file or folder. Nothing was changed. Check the path.
io-address-in-use = Another program uses this address and port. Nothing was changed. Stop it, or choose another port.
io-other = The system reports: { $error }. What was saved before is intact. See the log, then try again.

## The store

store-locked = Process { $pid } is using this store. Nothing was changed. Wait for it to end, or stop it, then try again.
store-busy = The store is busy. Nothing was changed. Try again in a few seconds.
store-cannot-open = The store cannot be opened. Nothing was changed. Check the path and the permissions of the folder.
store-disk-fails = The disk fails. Only what was reported as saved is certain. Back up now, check the disk, then start again.
store-damaged = A database file does not read as it was written: the disk fails, or the file is damaged. Nothing more was written to it. Look at the disk first; if it is sound, keep the folder as it is and restore a backup, or call the administrator.
derived-damaged = A file that is made from the journal was damaged on the disk. No paper is lost, and it is being made anew by itself. Try again in a moment; if it happens again, look at the disk.
store-not-ours = This file is no data of Trục. Nothing was written to it. Check the folder of the store.
store-entry-damaged = The entry at position { $position } is damaged. The others are there; nothing more was written. Restore a backup or call the administrator.
store-shorter = The ledger in this folder ends at entry { $found }, but entries up to { $known } were saved here. Nothing was changed. If database files were copied, copy them all; to go on from a backup, use restore.
store-gone = This file was taken away from the store's folder, or replaced, while the program was running. Since then nothing was saved. If it was moved, put it back and leave the files beside it as they are; if it is lost, stop the program and restore a backup into another folder.
store-other-office = This store belongs to another office ({ $office }). Nothing was changed. Choose the right folder.
store-newer = A newer version wrote this store (format { $version }). It was left untouched. Update the program and open it again.
store-older = A trial version wrote this store (format { $version }), in a form that this program does not read. It was left untouched. Open it with the program that wrote it, or enrol this office anew in an empty folder.
store-setting = SQLite refuses the setting { $setting } that safe storage rests on. The store was not opened. Use a released build.
store-other = The store reports: { $error }. What was saved before is intact. See the log, then try again.
entry-form = This cannot be written: its form is wrong ({ $reason }). Nothing was stored. Shorten or correct it and try again.
keys-unusable = The keys of this machine cannot be used. They were left as they are. Only their owner may read them (mode 600); if they are damaged, restore a backup; a node can also enrol again.
configuration-wrong = The configuration does not allow a connection. Nothing was changed. Check the address of the hub (host:port).

## The hub

hub-unreachable = The hub cannot be reached. Everything is saved here. Check the network and try again.
hub-clock = The hub does not believe its own clock, so it signs no certificates now. Nothing was changed, and the code was not used up. Tell the administrator of the province, and try again before the code ends.
hub-refused = The hub refused this machine. Everything is saved here. Tell the administrator of the province.
hub-revoked = The certificate of this machine was revoked. Its ledger is still here. Ask the administrator of the province, then enrol with a new code.
hub-not-ours = Who answers is not the hub that this machine trusts, or this clock is wrong. Nothing was sent. Check the address and the clock.

## Enrolment

enrol-damaged = The enrolment code is incomplete or mistyped. Nothing was changed. Enter it again as in the letter.
enrol-wrong = The hub gave out no such code. Nothing was changed. Check the letter, or ask for a new code.
enrol-used = Another machine enrolled with this code. Nothing was changed. If it is not yours, tell the province at once; ask for a new code.
enrol-expired = This code has expired. Nothing was changed. Ask for a new one.
enrol-throttled = The hub takes no more enrolments from this machine for now: too many wrong codes came from its address (wait a minute), it enrolled a moment ago with other keys (wait ten minutes), or this office has enrolled too often today (try again in some hours). Nothing was changed.
enrol-already = This store was enrolled with this very code. Nothing was changed. Go on with it, or ask for a new code.
enrol-other-office = The code is for another office than the one of this store. Nothing was changed, and the code still counts. Check the letter, or enrol in an empty folder.

## The local socket

local-nobody = No program is serving this store. Nothing was changed. Start it with serve, or try again.
local-busy = The running service does not take up the request. Nothing was changed. Try again; if it stays so, restart the service and look at its log: it may be out of file descriptors.
local-cut = The serving program stopped midway. What was reported as saved is kept. Look at the state before trying again.
page-foreign = This request came from a page of another site. Nothing was changed. Open this office's own address and do it there.
page-proxied = This request came through a proxy on this machine, which is not supported. Nothing was done. Serve the pages directly: --desk or --console with this machine's address in the network.
import-all-too-large = The files have { $size } together, above { $limit }. Nothing was imported. Import fewer at a time.
local-too-large = The request has { $size }, above { $limit }. Nothing was changed. Split it and try again.
local-request = The serving program does not understand this request. Nothing was changed. Use the same version for both.
