### Looking after stores: backup, restore, what lost a fork, a hub that is being refilled.

backup-made = Backed up, read back and checked. The file holds the machine's keys: keep it where only those in charge can take it.
restore-done = Restored. Start it with serve: what came after the backup comes back by itself, and it may be written in meanwhile.
backup-exists = There is such a file already. It was not written over. Choose another name, or a folder, where it gets one.
backup-terminal = A backup is no text to be shown. Nothing was backed up. Send the output to a file or another program.
backup-not-one = This is not a backup made by Trục. Nothing has changed. Copied database files are no backup; use a file that the backup command made.
backup-damaged = The backup is damaged at { $file }. Nothing was restored. Use another backup.
backup-other-kind = This backup is of the other program (a hub's, or an office's). Nothing has changed. Use the right program.
restore-occupied = There is a store in the folder. Nothing has changed. Choose an empty folder, or move the old store elsewhere and keep it.
cli-backup-taken = Backed up at
cli-unreceipted = Without a receipt
