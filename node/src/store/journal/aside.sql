-- Own entries that lost a fork and were issued anew: position of the new entry. Since version 3.
ALTER TABLE aside ADD COLUMN again INTEGER;
