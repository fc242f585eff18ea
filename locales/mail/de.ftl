# Dates
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag
date = { $day }. { $month } { $year }
date-weekday = { $weekday }, { $day }. { $month } { $year }
footer-change = Ändern, was Sie bekommen
footer-leave = Abmelden

# Unter jedem Brief
footer-contact = Schreiben Sie uns
footer-privacy = Datenschutzhinweis

# Warum er kommt
reason-form = Sie haben { $on } auf { $place } Ja gesagt.
reason-page = Sie haben { $on } auf der Seite zu Ihrer Adresse Ja gesagt.
reason-counter = Sie haben sich { $on } mit der Karte am Tresen angemeldet.
reason-event = Sie haben sich { $on } bei „{ $name }“ angemeldet.
reason-import = Sie haben { $on } Ja gesagt; so steht es in der Liste „{ $name }“, die wir übernommen haben.
reason-partner = Sie haben { $on } über { $name } Ja gesagt.
reason-customer = Sie haben { $on } bei uns gekauft, und wir dürfen Ihnen zu Ähnlichem schreiben.
reason-implied = Sie hatten { $on } mit uns zu tun, deshalb dürfen wir Ihnen schreiben.
reason-told = Wir haben Ihnen { $on } gesagt, dass dieser Brief kommt, und Sie haben nicht Nein gesagt.
reason-interest = Wir schreiben Ihnen wegen Ihrer Arbeit. Ihre Adresse kam { $on } zu uns.
reason-promise = { $purpose }: { $frequency }.
reason-ways = Unten können Sie das ändern oder sich abmelden.
small-words = jeden, jede, jedes, alle, höchstens, mindestens, etwa, einmal, zweimal, dreimal, ein, bis, nur, wenn, nie, nicht, wöchentlich, monatlich, täglich, am, im, um

# On a date; a date with its time
on-date = { $day ->
   *[other] am { $date }
 }
at-time = { $on } um { $time } Uhr

confirm-subject = Bitte bestätigen: Briefe von { $brand }
confirm-preview = Ein Klick, und wir schreiben Ihnen. Wenn Sie nichts tun, kommt nichts.
confirm-title = Ein Klick, und wir schreiben Ihnen
confirm-lead = Dies wurde { $when } auf { $place } angekreuzt. Waren Sie das, und möchten Sie es?
confirm-button = Ja, schreiben Sie mir
confirm-until = Der Knopf läuft { $when } ab. Wenn Sie nichts tun, kommt nichts.
confirm-reason = Sie bekommen nur diese eine Mail, weil jemand diese Adresse in unser Formular eingetragen hat. Wenn Sie das nicht waren, drücken Sie „{ $label }“: dann kommt 30 Tage lang keine solche Mail.
confirm-not-me = Das war ich nicht

welcome-subject = Willkommen bei { $brand }
welcome-preview = Was kommt, und wie oft.
welcome-title = Schön, dass Sie da sind
welcome-lead = Sie haben Ja gesagt. Das bekommen Sie von nun an:
welcome-change = Zu viel, oder lieber etwas anderes? Hier wählen Sie:

already-subject = Sie bekommen unsere Briefe schon
already-preview = Es hat sich nichts geändert. Hier sehen Sie, was kommt.
already-title = Sie bekommen unsere Briefe schon
already-lead = Diese Adresse wurde { $when } in das Formular auf { $place } eingetragen. Wir haben sie schon: Es gibt nichts zu bestätigen, und es hat sich nichts geändert.
already-ask = Wenn Sie etwas anderes wollten: Hier steht, was Sie bekommen und was Sie dazunehmen können.
already-button = Zeigen, was ich bekomme
already-reason = Sie bekommen nur diese eine Mail, weil jemand diese Adresse in unser Formular eingetragen hat. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.

added-subject = Bitte bestätigen: noch etwas von { $brand }
added-preview = Ein Klick nimmt es dazu. Alles andere bleibt, wie es ist.
added-title = Ein Klick, und es kommt dazu
added-lead = Das haben Sie { $when } gewünscht:
added-button = Ja, dazunehmen
added-until = Der Knopf läuft { $when } ab. Er nimmt nur dies dazu; alles andere bleibt, wie es ist. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.
back-subject = Bitte bestätigen: es kommt wieder
back-preview = Ein Klick holt es zurück. Alles andere bleibt, wie es ist.
back-title = Ein Klick, und es kommt wieder
back-lead = Sie haben sich { $when } gewünscht, dies wieder zu bekommen:
back-button = Ja, zurückholen
added-reason = Sie bekommen nur diese eine Mail, weil auf der Seite zu dieser Adresse etwas dazugenommen wurde.
