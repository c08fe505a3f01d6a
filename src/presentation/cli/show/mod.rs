//! Results as people and programs read them: tables, differences, plans, times, questions.
