//! Turns diagnostics into text, as rustc lays it out.
