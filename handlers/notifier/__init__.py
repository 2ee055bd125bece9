"""The notifier: sends mails about changes of a table, by rules, from its stream."""
