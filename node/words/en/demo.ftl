# truc-hub demo: a province on this machine.
demo-hub = Setting up the province's hub; { $offices } offices will run a node of their own.
demo-enrol = Enrolling each office with the code from its letter.
demo-connect = Starting the nodes and waiting until all have reached the hub.
demo-storm = The province issues the express letter 913-CV/TU about storm no. 9.
demo-papers = The province sends its programme, guidance, a request for self-inspection, a meeting notice.
demo-answers = The offices accept, register the arrival and acknowledge the guidance.
demo-cut = Cutting the line of { $office }; a report is written there all the same, and the province sends a letter.
demo-inside = Meanwhile inside { $office }: it says who works there and gives the letter's work to its people; a paper and a petition come by post; a letter is drafted, appraised, signed and issued.
demo-kill = { $office } sends a paper and loses power at once (SIGKILL); then it is switched on again.
demo-restore = Mending the line of { $office }; everything is sent by itself.
demo-judged = The province accepts the report and begins to verify; the hub sends guidance.
demo-rest = Waiting until every entry is everywhere it is for.
demo-stolen = A machine of { $office } is stolen: it is revoked, and the office enrols another.
demo-safe = Into the safe go the authority's key and an export of the registry.
demo-lost = The hub is lost: its folder is deleted. It is rebuilt from what lies in the safe; meanwhile an office writes on.
demo-refill = The nodes call by themselves and give the hub everything back.
demo-again = There again of what was known before: { $entries } entries, receipts of { $receipts } offices, { $revocations } revocations, { $files } files; lacking { $lacking }.
demo-stopping = Stopping everything.
demo-checking = Opening the stores from outside and checking each promise.
demo-good = Right: { $offices } offices, { $entries } entries, { $deliveries } deliveries, { $receipts } receipts; lost { $lost }, twice { $duplicates }, out of order { $disordered }; all signatures and views agree.
demo-bad = WRONG: { $offices } offices, { $entries } entries, { $deliveries } deliveries, { $receipts } receipts; lost { $lost }, twice { $duplicates }, out of order { $disordered }. Details below.
demo-stays = The province stays up; stop it with Ctrl-C. Commands to try in another window:
demo-not-empty = The folder is not empty. Nothing was changed. Choose another, or one that does not exist yet.
demo-no-program = This program is not beside truc-hub. Nothing was made. Build both programs (cargo build --bins) and run again.
demo-failed = A step of the play failed. What was started has been stopped. See the cause with RUST_LOG=debug.
demo-too-long = What was waited for did not come. What was started has been stopped. Run again when the machine is less busy.
demo-check-failed = The stores could not be opened for checking. They were left as they are. See the cause with RUST_LOG=debug.
demo-pages = Open in a browser (address, account / password, office):
demo-work = The province has just sent an express letter that nobody has accepted yet.
