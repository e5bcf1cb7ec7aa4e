### Files that go with entries.

attachment-too-large = The file has { $size }, above { $limit }. Other files are kept. Split it and add it again.
attachment-not-a-file = Not an ordinary file. Nothing was stored. Choose a file.
attachment-name = The file name is too long or not UTF-8. Nothing was stored. Rename the file and add it again.
attachment-absent = This file is not here, or not yours to see. What arrived is kept. Wait until it is complete.
attachment-wrong = The file that arrived does not match its hash. It was discarded. It will be fetched again by itself.
attachment-changed = The file changed while it was read. Nothing was stored. Close the program that writes it and add it again.
attachment-busy = Another transfer of this file has taken over. What arrived is kept. Nothing needs to be done.
attachment-spoilt = This file is damaged on the disk. It was set aside and is not shown. It is fetched again at the next start; a file of this office must be attached again from its original.
attachment-no-room = The disk is so full that the rest is kept for documents. What arrived of the file is kept. Make room on the disk; the file then goes on by itself.
attachment-gone = This file is no longer there. Everything else that was typed is kept. Choose it anew and add it again.
attachment-too-many = { $count } files are too many for one document. Nothing was stored. At most { $limit } go with one; put several into one archive.
