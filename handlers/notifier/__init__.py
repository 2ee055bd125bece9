"""The notifier: mails new users and those whose watched attributes changed, from the table's stream."""
