# Die Wörter der Seiten für Menschen.

# Jede Seite
web-skip = Zum Inhalt
web-language = Sprache
web-notice = Datenschutzhinweise
web-notice-inline = Datenschutzhinweise
web-kept = Volens bewahrt jedes Ja und jedes Nein auf, für Sie und für uns.
web-error = Fehler:
web-optional = freiwillig
web-by-email = Per E-Mail
web-change = Ändern, was Sie bekommen
web-for-address = Für { $address }.
web-not-me = Das war ich nicht
web-and = { $front } und { $last }

# Zeiten
web-today-at = heute um { $time } Uhr
web-date-at = am { $date } um { $time } Uhr
web-second-today = { $time } Uhr ({ $zone })
web-second = { $time } Uhr ({ $zone }) am { $date }

# Anmeldung
web-signup-email = E-Mail-Adresse
web-signup-email-hint = Wir schreiben nur an diese Adresse.
web-signup-name = Vorname
web-signup-name-hint = Damit wir Sie begrüßen können.
web-signup-trap = Bitte leer lassen
web-signup-what = Was dürfen wir Ihnen schicken?
web-signup-what-hint = Kreuzen Sie an, was Sie möchten. Kein Kästchen ist vorausgewählt.
web-signup-send = Bestätigungs-E-Mail anfordern
web-signup-after = Wir schicken eine einzige E-Mail, um zu prüfen, ob die Adresse Ihnen gehört. Solange Sie den Knopf darin nicht drücken, kommt nichts weiter. Abbestellen geht mit einem Klick in jedem Brief.
web-signup-notice = Wie wir Ihre Adresse verwenden und schützen: { $link }, Fassung vom { $date }.
web-signup-errors = { $count ->
    [1] Eine Angabe stimmt noch nicht
    [2] Zwei Angaben stimmen noch nicht
    [3] Drei Angaben stimmen noch nicht
   *[other] { $count } Angaben stimmen noch nicht
 }
web-signup-do-email_missing = Geben Sie Ihre E-Mail-Adresse ein
web-signup-do-email_malformed = Prüfen Sie die Adresse: Sie ist nicht vollständig
web-signup-do-email_too_long = Prüfen Sie die Adresse: Sie ist zu lang
web-signup-do-email_slip = Prüfen Sie die Adresse: Meinten Sie { $domain }?
web-signup-do-name_unusable = Kürzen Sie den Vornamen oder lassen Sie ihn weg
web-signup-do-nothing_ticked = Kreuzen Sie mindestens eine Sache an, die wir schicken dürfen
web-signup-do-stale = Drücken Sie den Knopf noch einmal
web-signup-why-email_missing = Wir brauchen eine Adresse, an die wir schreiben können.
web-signup-why-email_malformed = Eine Adresse sieht so aus: name@example.com.
web-signup-why-email_too_long = Keine Adresse ist länger als 254 Zeichen.
web-signup-why-email_slip = { $domain } sieht nach einem Tippfehler aus.
web-signup-why-name_unusable = Ein Vorname hat höchstens 100 Zeichen in einer Zeile.
web-signup-why-nothing_ticked = Noch ist nichts angekreuzt. Ein Kreuz genügt.
web-signup-use = { $address } verwenden
web-signup-keep = Nein, { $domain } stimmt

# Danke
web-thanks-title = Ein Klick fehlt noch
web-thanks-lead = Eine einzige E-Mail ist unterwegs. Öffnen Sie sie und drücken Sie den Knopf; bis dahin kommt nichts weiter.
web-thanks-again = Die E-Mail ist noch einmal unterwegs. Öffnen Sie sie und drücken Sie den Knopf; bis dahin kommt nichts weiter.
web-thanks-to = Unterwegs an
web-thanks-wrong = Falsche Adresse?
web-thanks-nothing = Nach fünf Minuten noch nichts da?
web-thanks-look = Suchen Sie im Spam-Ordner nach „{ $subject }“ von { $from }.
web-thanks-or = Oder wir versuchen es noch einmal.
web-thanks-send = Noch einmal schicken
web-thanks-left = { $count ->
    [1] Heute höchstens noch einmal.
    [2] Heute höchstens noch zweimal.
   *[other] Heute höchstens noch { $count }-mal.
 }
web-thanks-spent = Öfter dürfen wir sie heute nicht schicken. Morgen können Sie sie wieder anfordern.
web-thanks-known = Wenn die Adresse unsere Briefe schon bekommt, steht stattdessen das in der E-Mail.

# Bestätigen
web-confirm-title = Dürfen wir Ihnen schreiben?
web-confirm-form = Das haben Sie { $moment } angekreuzt ({ $place }).
web-confirm-choices = Das haben Sie { $moment } zu Ihrer Auswahl hinzugefügt.
web-confirm-way_back = Sie wollten { $moment } wieder zurück.
web-confirm-before = Bevor Sie den Knopf drücken, wird nichts geschickt.
web-confirm-yes = Ja, schreiben Sie mir
web-confirm-for = Für { $address }. Sie können das jederzeit ändern oder beenden.
web-confirm-else = Hat jemand anders Ihre Adresse eingetippt? Sagen Sie es uns, und 30 Tage lang kommt keine solche E-Mail mehr.

# Willkommen
web-welcome-title = Sie sind dabei
web-welcome-name = Sie sind dabei, { $name }
web-welcome-lead = Sie haben Ja gesagt, und das kommt:
web-welcome-earlier = Sie haben schon Ja gesagt
web-welcome-when = Den Knopf haben Sie { $moment } gedrückt.
web-welcome-nothing-to-do = Es ist nichts weiter zu tun. Das kommt:
web-welcome-off = Seitdem haben Sie alles abbestellt, deshalb kommt nichts. Eine neue Anmeldung dauert eine Minute.
web-welcome-mail = Eine Willkommens-E-Mail ist unterwegs an { $address }.
web-welcome-stop = Abbestellen geht mit einem Klick in jedem Brief.

# Das war ich nicht
web-not-me-title = War es jemand anders?
web-not-me-lead = Jemand hat { $address } in unser Formular eingetippt. Wenn Sie das nicht waren, drücken Sie den Knopf.
web-not-me-press = Das war ich nicht
web-not-me-what = { $days ->
    [one] Dann kommt einen Tag lang keine solche E-Mail, und die Anfrage wird verworfen.
   *[other] Dann kommt { $days } Tage lang keine solche E-Mail, und die Anfrage wird verworfen.
 }
web-not-me-done = Vermerkt: Sie waren es nicht
web-not-me-until = Bis zum { $date } kommt keine solche E-Mail mehr an { $address }, wer auch immer sie eintippt. Die Anfrage ist verworfen, und niemand schreibt Ihnen deswegen.
web-not-me-after = { $days ->
    [one] Möchten Sie unsere Briefe später doch, melden Sie sich nach diesem Tag an.
   *[other] Möchten Sie unsere Briefe später doch, melden Sie sich nach diesen { $days } Tagen an.
 }

# Abbestellen
web-leave-title = Was sollen wir beenden?
web-leave-lead = Für die Adresse { $address }. Ein Klick, keine Frage, sofort.
web-stop-this = { $name } abbestellen
web-stop-all = Alles von { $brand } abbestellen
web-stop-too = Auch { $name } abbestellen
web-leave-everything = „Alles“ heißt: { $list }. Belege zu Ihren Bestellungen kommen weiterhin.
web-leave-many = Nur zu viel?
web-leave-many-hint = Behalten Sie das eine und lassen Sie das andere weg.
web-leave-not-yours = Nicht Ihre Adresse?
web-leave-not-yours-hint = Dann wurde Ihnen dieser Brief weitergeleitet. Schließen Sie die Seite, und wer ihn bekommt, behält ihn.
web-left-this = Abbestellt: { $name }
web-left-all = Abbestellt: alles von { $brand }
web-left-at = Das gilt seit { $second }.
web-left-earlier = Sie hatten schon abbestellt. Das gilt seit { $second }.
web-left-nothing-else = Sonst kommt nichts.
web-left-no-more = An { $address } kommen keine Briefe mehr. Belege zu Ihren Bestellungen schon.
web-left-still = Was noch kommt
web-left-back = Das war ein Versehen: schicken Sie mir einen Weg zurück
web-left-back-hint = Zurück geht es mit einem Klick in einer E-Mail an { $address }, damit niemand sonst es für Sie tun kann.
web-back-title = Der Weg zurück ist unterwegs
web-back-this = Er geht an { $address }. Drücken Sie den Knopf darin, und { $name } kommt wieder. Bis dahin ändert sich nichts.
web-back-all = Er geht an { $address }. Drücken Sie den Knopf darin, und es kommt wieder, was vorher kam. Bis dahin ändert sich nichts.
web-back-why = Briefe werden weitergeleitet. Darum kann nur das Postfach selbst wieder Ja sagen.

# Was Sie bekommen
web-choices-title = Was Sie von uns bekommen
web-choices-saved-title = Gespeichert
web-choices-lead = Für { $address }. Was Sie wegnehmen, endet mit dem Speichern. Was Sie hinzufügen, beginnt nach einem Klick in einer E-Mail, die wir Ihnen schicken.
web-choices-within = Genauer: { $name }
web-choices-save = Speichern
web-choices-saved = Gespeichert um { $second }
web-choices-stopped = Sofort beendet: { $list }.
web-choices-asked = Wartet auf Ihren Klick in der E-Mail an { $address }: { $list }.
web-choices-held = Noch nicht dazugenommen: { $list }. An { $address } haben wir heute so viele Mails geschickt, wie wir dürfen; es ist also keine mit dem Knopf unterwegs. Morgen können Sie es hier dazunehmen.
web-choices-same = Es war nichts anders, also hat sich nichts geändert.
web-choices-leave = Ganz aufhören
web-choices-leave-hint = Keine Briefe mehr von { $brand }. Belege zu Bestellungen kommen weiterhin.
web-choices-stop = Alles abbestellen
web-state-granted = Sie haben Ja gesagt
web-state-requested = Wartet auf Ihren Klick
web-state-refused = Sie haben Nein gesagt
web-state-withdrawn = Abbestellt
web-state-suppressed = Gesperrt
web-state-expired = Abgelaufen
web-state-unknown = Nie gefragt

# Schwierigkeiten
web-trouble-expired = Dieser Link ist abgelaufen
web-trouble-expired-why = { $days ->
    [one] Solche Links gelten einen Tag. Dieser ist vom { $date }. Seitdem wurde Ihnen seinetwegen nichts geschickt.
   *[other] Solche Links gelten { $days } Tage. Dieser ist vom { $date }. Seitdem wurde Ihnen seinetwegen nichts geschickt.
 }
web-trouble-renew = Einen neuen schicken
web-trouble-renew-same = An { $address }, mit denselben Kreuzen: { $list }.
web-trouble-renew-to = An { $address }.
web-trouble-used = Dieser Link hat seine Arbeit getan
web-trouble-used-why = Er gilt einmal und wurde schon gedrückt. Was er damals bewirkt hat, gilt weiter; jetzt ist nichts geschehen.
web-trouble-void = Hier gibt es nichts mehr zu bestätigen
web-trouble-void-why = Was dieser Link erfragt hat, wurde inzwischen zurückgenommen, oder eine neuere Mail ist an seine Stelle getreten. Jetzt ist nichts geschehen, und es wird deswegen nichts geschickt. Wenn Sie unsere Briefe möchten, nehmen Sie die neueste Mail oder melden Sie sich neu an.
web-trouble-garbled = Dieser Link ist nicht vollständig
web-trouble-garbled-why = Ein Stück fehlt oder wurde unterwegs verändert; manche E-Mail-Programme schneiden lange Links ab. Öffnen Sie ihn aus der E-Mail selbst oder kopieren Sie ihn ganz. Es ist nichts geschehen.
web-trouble-not_found = Hier ist nichts
web-trouble-not_found-why = Die Adresse der Seite ist vertippt, oder die Seite gibt es nicht mehr. Es ist nichts geschehen.
web-trouble-unreadable = Das konnten wir nicht lesen
web-trouble-unreadable-why = Das Formular kam in Stücken an, deshalb haben wir nichts davon behalten. Bitte gehen Sie zurück und schicken Sie es noch einmal.
web-trouble-method = So geht es hier nicht
web-trouble-method-why = Diese Seite wurde auf eine Weise aufgerufen, die sie nicht kennt. Öffnen Sie sie aus der E-Mail oder dem Formular. Es ist nichts geschehen.
web-trouble-slow = Das hat zu lange gedauert
web-trouble-slow-why = Das Formular kam nicht rechtzeitig an, deshalb haben wir nichts davon behalten. Bitte schicken Sie es noch einmal.
web-trouble-too_large = Das war zu viel auf einmal
web-trouble-too_large-why = Es kam mehr an, als dieses Formular fasst, deshalb haben wir nichts davon behalten. Bitte füllen Sie es noch einmal aus.
web-trouble-unsupported = Das war nicht unser Formular
web-trouble-unsupported-why = Was ankam, war nicht als Formular geschickt, deshalb haben wir nichts davon behalten. Bitte nehmen Sie die Seite selbst.
web-trouble-too_many = Einen Augenblick, bitte
web-trouble-too_many-why = { $seconds ->
    [one] Aus Ihrem Netz kommt gerade sehr viel. Versuchen Sie es in einer Sekunde wieder; gespeichert wurde nichts.
   *[other] Aus Ihrem Netz kommt gerade sehr viel. Versuchen Sie es in { $seconds } Sekunden wieder; gespeichert wurde nichts.
 }
web-trouble-busy = Das konnten wir gerade nicht speichern
web-trouble-busy-why = Im Augenblick lässt sich nichts aufschreiben. Nichts ist verloren und nichts halb getan: Bitte versuchen Sie es in einer Minute wieder.
web-trouble-again = Noch einmal versuchen
web-trouble-fault = Bei uns ist etwas kaputtgegangen
web-trouble-fault-why = Es lag nicht an Ihnen. Was Sie vorher getan haben, gilt weiter; das von eben vielleicht nicht. Bitte versuchen Sie es noch einmal.
web-trouble-signup = Zum Anmeldeformular
web-trouble-leave = Links zum Abbestellen laufen nie ab.
web-trouble-write = Hier hilft Ihnen ein Mensch: { $address }.

# Datenschutzhinweise
web-notice-version = Fassung { $version }, gültig seit { $date }.
