### What is wrong with a paper handed to import. Nothing of it is stored in any of these cases.

import-too-large = The file has more than { $limit }. Nothing was stored. Make attachments of its annexes.
import-not-utf8 = Line { $line }: not UTF-8. Nothing was stored. Save the file as UTF-8.
import-no-front-matter = The file does not begin with front matter between two lines ---. Nothing was stored. Add it at the top.
import-front-matter-open = The front matter has no closing line ---. Nothing was stored. Add it after the front matter.
import-syntax = Line { $line }: the front matter cannot be read ({ $reason }). Nothing was stored. Correct this line.
import-unknown-field = Line { $line }: there is no field "{ $field }". Nothing was stored. Correct its name or remove it.
import-missing-field = Line { $line }: the field "{ $field }" is missing. Nothing was stored. Add it.
import-misplaced-field = Line { $line }: kind "{ $kind }" has no field "{ $field }". Nothing was stored. Remove it or correct the kind.
import-empty-field = Line { $line }: the field "{ $field }" is empty. Nothing was stored. Fill it in.
import-unknown-value = Line { $line }: the field "{ $field }" does not take "{ $value }". Nothing was stored. Use one of: { $allowed }.
import-bad-date = Line { $line }: the field "{ $field }" holds no such date: "{ $value }". Nothing was stored. Write YEAR-MONTH-DAY, as 2026-10-05.
import-bad-period = Line { $line }: the period ends before it begins. Nothing was stored. Correct its days.
import-bad-figure = Line { $line }: "{ $value }" is no plain figure such as 1234 or 91.2. Nothing was stored. Correct it, or write null for no data.
import-bad-finding = Line { $line }: the answer does not begin with Đạt, Đạt một phần or Chưa đạt. Nothing was stored. Correct it.
import-no-recipients = Line { $line }: there are no recipients. Nothing was stored. Name at least one office code.
import-unknown-office = Line { $line }: on { $date } no office had the code { $code }. Nothing was stored. Check the code and the date of issue.
import-secret = Line { $line }: secret papers do not travel here. Nothing was stored or sent. Use the cipher unit; record a stub only.
import-rule = The paper breaks a rule of form: { $part }. Nothing was stored. Look for ids that repeat, texts too long or too many parts.
cli-import = Taken in
import-new = written
import-stands = was here
import-foreign = another office's, left out
import-would = will be written
import-checked = Nothing was written. Without --check all of these are written, or none.
import-too-long = The text has { $size }, above { $limit } for one paper. Nothing was stored. Make an attachment of the long part.

## What a meeting notice adds to its text; part of the paper, so always in Vietnamese there

meeting-starts = Starts: { $time }
meeting-moment = { $hour }:{ $minute }, { $day } { $date }
meeting-place = Place: { $place }
meeting-online = Also online
meeting-agenda = Agenda:
