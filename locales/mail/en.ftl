# Dates
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
date = { $day } { $month } { $year }
date-weekday = { $weekday } { $day } { $month } { $year }
footer-change = Change what you get
footer-leave = Leave

# Under every letter
footer-contact = Write to us
footer-privacy = Privacy notice

# The reason line: which act, when, how often
reason-form = You said yes on { $place } { $on }.
reason-page = You said yes { $on } on the page that belongs to your address.
reason-counter = You joined { $on } through the counter card.
reason-event = You joined { $on } at “{ $name }”.
reason-import = You said yes { $on }; it is recorded in the list “{ $name }”, which we carried over.
reason-partner = You said yes { $on } through { $name }.
reason-customer = You bought from us { $on }, and we may write to you about things like it.
reason-implied = You were in touch with us { $on }, so we may write to you.
reason-told = We told you { $on } that this letter comes, and you did not say no.
reason-interest = We write to you for your work. Your address came to us { $on }.
reason-promise = { $purpose }: { $frequency }.
reason-ways = Change or leave below.
# The first words of a frequency that are small inside a sentence. Names of days are not among them.
small-words = every, each, at, about, once, twice, up, only, when, whenever, never, no, not, weekly, monthly, daily, now

# On a date; a date with its time
on-date = { $day ->
   *[other] on { $date }
 }
at-time = { $on } at { $time }

# Confirmation
confirm-subject = Please confirm: letters from { $brand }
confirm-preview = One press, and we write to you. If you do nothing, nothing comes.
confirm-title = One press, and we write to you
confirm-lead = This was ticked on { $place } { $when }. Was it you, and do you want it?
confirm-button = Yes, write to me
confirm-until = The button runs out { $when }. If you do nothing, nothing comes.
confirm-reason = You get this one mail because somebody typed this address into our form. If it was not you, press “{ $label }”: then no such mail comes for 30 days.
confirm-not-me = It was not me

# Welcome
welcome-subject = Welcome to { $brand }
welcome-preview = What comes, and how often.
welcome-title = Good that you are here
welcome-lead = You said yes. This is what comes to you from now on:
welcome-change = Too much, or something else instead? Here you choose:

# A reader who signed up again
already-subject = You get our letters already
already-preview = Nothing has changed. Here you see what comes.
already-title = You get our letters already
already-lead = This address was typed { $when } into the form on { $place }. It is with us already, so there is nothing to confirm, and nothing has changed.
already-ask = If you wanted something else, here is what you get and what you can add.
already-button = See what you get
already-reason = You get this one mail because somebody typed this address into our form. If it was not you, do nothing.

# One more choice, or one brought back
added-subject = Please confirm: one more from { $brand }
added-preview = One press adds it. Everything else stays as it is.
added-title = One press, and it is added
added-lead = You asked for this { $when }:
added-button = Yes, add it
added-until = The button runs out { $when }. It adds only this; everything else stays as it is. If it was not you, do nothing.
back-subject = Please confirm: it comes back
back-preview = One press brings it back. Everything else stays as it is.
back-title = One press, and it comes back
back-lead = You asked to get this again { $when }:
back-button = Yes, bring it back
added-reason = You get this one mail because a choice was added on the page that belongs to this address.
