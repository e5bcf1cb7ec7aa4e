### Looking after stores: backup, restore, what lost a fork, a hub that is being refilled.

backup-made = Backed up, read back and checked. The file holds the machine's keys: keep it where only those in charge can take it.
restore-done = Restored. Start it with serve: what came after the backup comes back by itself, and it may be written in meanwhile.
backup-no-folder = There is no such folder. Nothing was made. Make or mount it first: --keep counts the backups in a folder.
backup-exists = There is such a file already. It was not written over. Choose another name, or a folder, where it gets one.
backup-terminal = A backup is no text to be shown. Nothing was backed up. Send the output to a file or another program.
backup-not-one = This is not a backup made by Trục. Nothing has changed. Copied database files are no backup; use a file that the backup command made.
backup-damaged = The backup is damaged at { $file }. Nothing was restored. Use another backup.
backup-other-kind = This backup is of the other program (a hub's, or an office's). Nothing has changed. Use the right program.
restore-occupied = The folder is not empty: { $found } is in it. Nothing has changed. Choose an empty folder, or move the old store elsewhere and keep it.
cli-backup-taken = Backed up at
cli-unreceipted = Without a receipt
registry-exported = The registry was exported. Keep it with the key of the authority (authority.key): from these two a lost hub is rebuilt.
rebuild-done = The hub was rebuilt. Start it with serve: the offices that call give everything back; truc-hub refill shows how far it is.
rebuild-other-authority = This is not the key that the export of the registry was sealed with. Nothing was rebuilt. Use the key of the authority at the time of the export, or another export.
refill-none = This hub never had to be restored.
refill-done = Every office has called, and nothing is missing any more.
cli-called = Have called
cli-not-called = Have not called
cli-lacking = Missing entries
cli-instead = In its place
cli-again = Issued anew at
aside-unknown = No entry was set aside at position { $position } that was not issued anew yet. Nothing has changed. See aside list.
aside-unreadable = The entry at position { $position } cannot be read by this version. It is kept. Update the program and try again.

# The page at desk and console.
backup-asks = The office’s administrator takes backups under Backup.
backup-daily = To have the machine back up by itself every day, put this command on a schedule, to another disk or machine:
backup-keys = The file holds this machine’s keys: whoever has it can act in the office’s name. Keep it where only those responsible can reach it.
backup-wait = A large store may take some minutes; everybody goes on working meanwhile.
btn-backup = Download a backup
field-backup-files = With attached files
hint-backup-files = Without them the backup is much smaller; after a restore the files come back from the hub.
backup-how-hub = Back up to another disk or machine while the program runs; the file is read back and checked. The offices keep what they wrote and received: a restored hub takes back from them what came after the backup.
hint-backup-files-hub = Without them the backup is much smaller; after a restore the files come back from the offices that hold them.
