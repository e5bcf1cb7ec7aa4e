# Sealing: keys and recovery sheets. Sealed is not secret.
seal-title = Sealed inside the office
seal-what = Work given inside the office, the house and the files with them are sealed with the office's key: the province's hub keeps them and cannot read them. Sealing does not replace the cipher service. Secret papers do not belong here.
seal-loss = The key is in three places: this machine, the backup, and the recovery sheets. If all three are lost, what is sealed is lost for good: nobody can open it.
seal-keys = Keys on this machine
seal-since = The key in use since
seal-closed = Sealed items that do not open
seal-closed-what = { $count ->
    [one] One sealed item does
   *[other] { $count } sealed items do
 } not open on this machine. Ordinary papers are complete. Open them with recovery sheets, or restore a backup.
seal-no-sheets = There are no recovery sheets: whoever loses machine and backup loses what is sealed.
seal-set = Set of sheets
seal-holders = Who holds the sheets
seal-deposited = Keys deposited
seal-checked = Sheets last checked
seal-check-due = Nobody has checked the recovery sheets for more than 400 days; check them.
seal-gone = These sheets are not shown again. If they were not printed, make new ones; the old ones do not open what is sealed from then on.
seal-once = The sheets are shown on this page for some minutes, and kept nowhere. Print them, one for each person, each in an envelope of its own. Older sheets do not open what is sealed from now on.
seal-right = The sheets are right. Nothing was opened.
seal-recovered = Keys that came back
seal-sheet = Recovery sheet { $number }/{ $count }, set { $set }
seal-sheet-of = Held by: { $name }
seal-make = Make recovery sheets
seal-make-how = Name one, two or three people; the names stand in the ledger, where the province can read them. One person: one sheet is enough. Two: both sheets are needed. Three: any two sheets.
seal-recover = Recover with sheets
seal-recover-how = Whoever holds a sheet types it. Letter case and spaces do not matter. The reason stands in the ledger, where the province can read it.
seal-recovered-told = { $keys ->
    [one] One key
   *[other] { $keys } keys
 } came back; sealed items are opening again.
field-holder-1 = Holder of sheet 1
field-holder-2 = Holder of sheet 2
field-holder-3 = Holder of sheet 3
field-sheet-1 = First sheet
field-sheet-2 = Second sheet
field-recover-reason = Reason
btn-sheets = Make sheets
btn-recover = Recover
no-sealing-key = This machine has no sealing key, so nothing was written. A hub keeps no house and no works. At an office: start the program again; if it stays so, see who may write in the data folder.
sheet-none = Sheet { $sheet } is no recovery sheet. Type it again from the line TRUC-R1.
sheet-newer = Sheet { $sheet } needs a newer version of the program.
sheet-line = Sheet { $sheet }, line { $line }: a character is wrong or missing. Nothing was opened. Compare that line.
sheet-holder = The name “{ $name }” is empty, too long or there twice. No sheets were made.
sheet-holders = Sheets are for one, two or three people. None were made.
sheets-few = { $needed } sheets are needed. Nothing was opened.
sheets-mixed = Sheet { $sheet } is of another set. Nothing was opened. Find the sheet with the same number of the set.
sheets-twice = Sheet { $sheet } was typed twice. Nothing was opened. The sheet of another person is needed.
sheets-wrong = The sheets do not give the key that stands on them. Nothing was opened.
sheets-other-office = This sheet is another office's. Nothing was opened.
sheets-no-deposit = The ledger on this machine has no keys deposited for set { $set }. If the machine was just replaced, wait until the ledger has come from the province, and try again; if sheets were made since, use those.
deposit-unusable = The deposited keys cannot be used. Nothing was changed. Tell the system's administrator.
refusal-seal = It must be sealed and is in clear, or the other way round. Nothing was written.
attachment-closed = This sealed file does not open. The record is whole. Tell the system administrator.
seal-reason = Say why the keys are recovered. Nothing was opened.
btn-seal = Keys and recovery sheets
sheets-incomplete = No sheets were made: the ledger or the keys of the office are not all on this machine. Wait until the ledger has come from the province, recover with the old sheets, then make new ones.
outcome-sealed = sealed, and does not open on this machine
mv-sealed = sealed
mv-keys-key = new sealing key
mv-keys-deposited = keys deposited
mv-keys-checked = recovery sheets checked
mv-keys-recovered = keys recovered
