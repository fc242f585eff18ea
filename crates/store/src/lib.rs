//! All tables, all SQL, migrations; coarse methods.
