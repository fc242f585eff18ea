# The words of people's pages. Plain words a baker would use: what happened, why, what to do next.

# Every page
web-skip = Skip to content
web-language = Language
web-notice = Privacy notice
web-notice-inline = privacy notice
web-kept = Volens keeps a record of every yes and every no, for you and for us.
web-error = Error:
web-optional = optional
web-by-email = By e-mail
web-change = Change what you get
web-for-address = For { $address }.
web-not-me = It was not me
web-and = { $front } and { $last }

# Times
web-today-at = today at { $time }
web-date-at = on { $date } at { $time }
web-second-today = { $time } ({ $zone })
web-second = { $time } ({ $zone }) on { $date }

# Sign-up
web-signup-email = E-mail address
web-signup-email-hint = We write only here.
web-signup-name = First name
web-signup-name-hint = So that we can say hello.
web-signup-trap = Leave this empty
web-signup-what = What may we send you?
web-signup-what-hint = Tick what you would like. Nothing is ticked for you.
web-signup-send = Send me the confirmation mail
web-signup-after = We send one mail to check that the address is yours. Until you press the button in it, nothing else comes. You can leave with one click in every letter.
web-signup-notice = How we use and protect your address: { $link }, version of { $date }.
web-signup-errors = { $count ->
    [1] One thing before we can send it
    [2] Two things before we can send it
    [3] Three things before we can send it
   *[other] { $count } things before we can send it
 }
web-signup-do-email_missing = Type your e-mail address
web-signup-do-email_malformed = Check the address: it is not complete
web-signup-do-email_too_long = Check the address: it is too long
web-signup-do-email_slip = Check the address: did you mean { $domain }?
web-signup-do-name_unusable = Shorten the first name, or leave it out
web-signup-do-nothing_ticked = Tick at least one thing that we may send you
web-signup-do-stale = Press the button once more
web-signup-why-email_missing = We need an address to write to.
web-signup-why-email_malformed = An address looks like name@example.com.
web-signup-why-email_too_long = No address is longer than 254 characters.
web-signup-why-email_slip = { $domain } looks like a slip of the finger.
web-signup-why-name_unusable = A first name has at most 100 characters, all on one line.
web-signup-why-nothing_ticked = Nothing is ticked yet. One tick is enough.
web-signup-use = Use { $address }
web-signup-keep = No, { $domain } is right

# Thanks
web-thanks-title = One click is missing
web-thanks-lead = One mail is on its way. Open it and press the button; until then nothing else comes.
web-thanks-again = The mail is on its way once more. Open it and press the button; until then nothing else comes.
web-thanks-to = On its way to
web-thanks-wrong = Wrong address?
web-thanks-nothing = Nothing there after five minutes?
web-thanks-look = Look in the spam folder for “{ $subject }”, from { $from }.
web-thanks-or = Or let us try once more.
web-thanks-send = Send it again
web-thanks-left = { $count ->
    [1] Once more today at most.
    [2] Twice more today at most.
   *[other] { $count } more times today at most.
 }
web-thanks-spent = We have sent it as often as we may today. Tomorrow you can ask for it again.
web-thanks-known = If the address already gets our letters, the mail says so instead.

# Confirm
web-confirm-title = Shall we write to you?
web-confirm-form = You ticked this on { $place } { $moment }.
web-confirm-choices = You added this to what you get { $moment }.
web-confirm-way_back = You asked for a way back { $moment }.
web-confirm-before = Nothing is sent before you press the button.
web-confirm-yes = Yes, write to me
web-confirm-for = For { $address }. You can change or stop this at any time.
web-confirm-else = Did somebody else type your address? Tell us, and no more of these mails come for 30 days.

# Welcome
web-welcome-title = You are in
web-welcome-name = You are in, { $name }
web-welcome-lead = You said yes, and this is what comes:
web-welcome-earlier = You said yes already
web-welcome-when = You pressed the button { $moment }.
web-welcome-nothing-to-do = There is nothing more to do. This is what comes:
web-welcome-off = You have left since then, so nothing comes. Signing up again takes one minute.
web-welcome-mail = A welcome mail is on its way to { $address }.
web-welcome-stop = You can leave with one click in every letter.

# It was not me
web-not-me-title = Was it somebody else?
web-not-me-lead = Somebody typed { $address } into our form. If it was not you, press the button.
web-not-me-press = It was not me
web-not-me-what = { $days ->
    [one] Then no such mail comes for one day, and the request is dropped.
   *[other] Then no such mail comes for { $days } days, and the request is dropped.
 }
web-not-me-done = Noted: it was not you
web-not-me-until = No more of these mails come to { $address } until { $date }, whoever types it. The request is dropped, and nobody writes to you because of it.
web-not-me-after = { $days ->
    [one] Should you want our letters later, sign up after that day.
   *[other] Should you want our letters later, sign up after those { $days } days.
 }

# Leave
web-leave-title = What shall we stop?
web-leave-lead = For the address { $address }. One press, no question asked, at once.
web-stop-this = Stop { $name }
web-stop-all = Stop everything from { $brand }
web-stop-too = Stop { $name } too
web-leave-everything = “Everything” means { $list }. Receipts for orders that you place still come.
web-leave-many = Just too many?
web-leave-many-hint = Keep one thing and drop another.
web-leave-not-yours = Not your address?
web-leave-not-yours-hint = Then this mail was forwarded to you. Close the page, and its owner keeps it.
web-left-this = Stopped: { $name }
web-left-all = Stopped: everything from { $brand }
web-left-at = It took effect at { $second }.
web-left-earlier = You had left already. It took effect at { $second }.
web-left-nothing-else = Nothing else comes.
web-left-no-more = No more letters come to { $address }. Receipts for orders that you place still do.
web-left-still = What still comes
web-left-back = That was a mistake: mail me a way back
web-left-back-hint = Coming back takes one press in a mail to { $address }, so that nobody else can do it for you.
web-back-title = A way back is in the mail
web-back-this = It is on its way to { $address }. Press the button in it, and { $name } comes again. Until then nothing changes.
web-back-all = It is on its way to { $address }. Press the button in it, and what came before comes again. Until then nothing changes.
web-back-why = Letters are forwarded. That is why only the mailbox itself can say yes again.

# What you get
web-choices-title = What you get from us
web-choices-saved-title = Saved
web-choices-lead = For { $address }. What you take away stops the moment you save. What you add starts after one press in a mail that we send you.
web-choices-within = More closely: { $name }
web-choices-save = Save
web-choices-saved = Saved at { $second }
web-choices-stopped = Stopped at once: { $list }.
web-choices-asked = Waiting for your click in the mail to { $address }: { $list }.
web-choices-held = Not added yet: { $list }. We have sent { $address } as many mails as we may today, so no mail with the button is on its way. Tomorrow you can add it here.
web-choices-same = Nothing was different, so nothing has changed.
web-choices-leave = Leave altogether
web-choices-leave-hint = No more letters from { $brand }. Receipts for orders still come.
web-choices-stop = Stop everything
web-state-granted = You said yes
web-state-requested = Waiting for your click
web-state-refused = You said no
web-state-withdrawn = You left
web-state-suppressed = Stopped
web-state-expired = Run out
web-state-unknown = Never asked

# Trouble
web-trouble-expired = This link has run out
web-trouble-expired-why = { $days ->
    [one] Links like this one work for one day. This one is from { $date }. Nothing was sent to you because of it.
   *[other] Links like this one work for { $days } days. This one is from { $date }. Nothing was sent to you because of it.
 }
web-trouble-renew = Send me a new one
web-trouble-renew-same = To { $address }, with the same ticks: { $list }.
web-trouble-renew-to = To { $address }.
web-trouble-used = This link has done its work
web-trouble-used-why = It works once, and it was pressed before. What it did then still counts; nothing happened now.
web-trouble-void = There is nothing to confirm any more
web-trouble-void-why = What this link asked for was taken back meanwhile, or a newer mail took its place. Nothing happened now, and nothing is sent because of it. Should you want our letters, look for the newest mail, or sign up again.
web-trouble-garbled = This link is not whole
web-trouble-garbled-why = A part of it is missing or was changed on the way; some mail programs cut long links. Open it from the mail itself, or copy all of it. Nothing happened.
web-trouble-not_found = There is nothing here
web-trouble-not_found-why = The address of this page is mistyped, or the page was taken down. Nothing happened.
web-trouble-unreadable = We could not read that
web-trouble-unreadable-why = The form arrived in pieces, so we kept none of it. Please go back and send it once more.
web-trouble-method = That does not work here
web-trouble-method-why = This page was called in a way that it does not know. Open it from the mail or from the form. Nothing happened.
web-trouble-slow = That took too long
web-trouble-slow-why = The form did not arrive in time, so we kept none of it. Please send it once more.
web-trouble-too_large = That was too much at once
web-trouble-too_large-why = More arrived than this form can hold, so we kept none of it. Please fill it in again.
web-trouble-unsupported = That was not our form
web-trouble-unsupported-why = What arrived was not sent as a form, so we kept none of it. Please use the page itself.
web-trouble-too_many = One moment, please
web-trouble-too_many-why = { $seconds ->
    [one] Much is coming in from your network just now. Try again in one second; nothing was stored.
   *[other] Much is coming in from your network just now. Try again in { $seconds } seconds; nothing was stored.
 }
web-trouble-busy = We could not store this just now
web-trouble-busy-why = Our record cannot be written for the moment. Nothing was lost and nothing is half done: please try again in a minute.
web-trouble-again = Try again
web-trouble-fault = Something broke on our side
web-trouble-fault-why = It was not you. What you did before still counts; what you did just now may not. Please try again.
web-trouble-signup = Go to the sign-up form
web-trouble-leave = Links for leaving never run out.
web-trouble-write = A person helps you at { $address }.

# Privacy notice
web-notice-version = Version { $version }, in force since { $date }.
