-- What a refused request carried and which rule said no, as JSON; empty where nothing was refused, and in older entries.
ALTER TABLE logs ADD COLUMN refused_json TEXT NOT NULL DEFAULT '';
