### Verification, and archives for third parties.

proof-good = Verified: whole and unaltered.
proof-bad = NOT verified. The first bad place stands first:
proof-lie = An office contradicts itself, and signed both entries; nothing is damaged here: { $what }
proof-more = … and { $count } more.
proof-place = { $office }, incarnation { $incarnation }, entry { $seq } (position { $position }):

proof-entries = Entries
proof-receipts = Receipts of the hub
proof-refused = Refused entries
proof-aside = Entries set aside
proof-islands = Entries without what stood before
proof-held = Entries kept as evidence
proof-destroyed = Bodies destroyed after a take-back
proof-withheld-count = Entries without their content
proof-newer = Entries that need a newer version
proof-files = Attachments
proof-pending = Files not here
proof-archive = Archive

proof-withheld-why = Secret content does not leave the house: of these entries only hash and signature are in the archive.
proof-unvouched = The authority has not vouched for the hub's key in this ledger yet, so others cannot check the archive. Start the hub once with this version, let the machine get its mail, and export again.
proof-how = How to check it by hand is told in its README.txt.

proof-unreadable = its bytes are no entry.
proof-hash = its bytes do not have the hash that is written down.
proof-signature = the signature belongs to no key that counts at this place.
proof-no-key = the hub announced no key of this office.
proof-chain = what stands before it is not the entry that it continues.
proof-missing = the entry before it is missing ({ $about }).
proof-repeated = this place comes a second time.
proof-time = its time lies before the time of the entry before it.
proof-seen = its author had seen more of the hub's journal in the entry before it.
proof-channel = the back-pointer of the channel to { $about } does not name the entry before it.
proof-hole = what the hub announced before it is missing ({ $about }).
proof-position = positions are broken or repeated; expected { $about }.
proof-running = the journal's running hash differs.
proof-receipt-signature = the receipt is not signed by the hub.
proof-receipted-missing = the hub gave a receipt for this entry and it is not here: the end was cut off.
proof-receipted-other = the hub gave a receipt for another entry at this place.
proof-tip = the newest entry is not here: the end was cut off.
proof-withheld = its content is left out, though the hub did not refuse it.
proof-row = the table says otherwise than the entry ({ $about }).
proof-keys = The list of keys says otherwise than the hub's entries ({ $about }).
proof-offices = The list of offices says otherwise than the hub's entries ({ $about }).
proof-attachment = attachment { $about } does not have its hash.
proof-attachment-missing = attachment { $about } is missing.
proof-file-missing = File { $about } is missing.
proof-file-altered = File { $about } does not have the checksum of the manifest.
proof-file-extra = File { $about } is in no manifest.
proof-manifest = The manifest is not in order ({ $about }).
proof-seal = The seal is not of the office that exported the archive, or not on this manifest ({ $about }).
proof-head = A head of the hub's journal at position { $about } is not signed by the hub.
proof-two-histories = The hub signed two histories: at position { $about } of its journal it told two offices differently, or one office twice. Keep both archives; ask the hub's operators and the province.
proof-heads = Heads of the hub's journal
proof-authority = This authority does not vouch for the key of this hub ({ $about }).
proof-count = Numbers or end differ from what the archive says of itself ({ $about }).

archive-not-one = This folder is no archive of Trục, or lacks an essential part. Nothing was changed. Check the path.
archive-newer = A newer version made this archive (format { $version }). Nothing was changed. Update the program, then verify again.
archive-exists = There is something here already. Nothing was written. Choose a folder that does not exist or is empty.
export-store-damaged = Something is wrong in the store ({ $place }), so nothing was exported. The store was left as it is. See each place with verify, then restore from a backup.
verify-no-authority = Which authority to trust is not known. Nothing was verified. Give the authority's certificate with --authority.
