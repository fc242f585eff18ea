# Le parole delle pagine per le persone.

# Ogni pagina
web-skip = Vai al contenuto
web-language = Lingua
web-notice = Informativa privacy
web-notice-inline = informativa privacy
web-kept = Volens conserva una traccia di ogni sì e di ogni no, per te e per noi.
web-error = Errore:
web-optional = facoltativo
web-by-email = Per e-mail
web-change = Cambia ciò che ricevi
web-for-address = Per { $address }.
web-not-me = Non sono stato io
web-and = { $front } e { $last }

# Tempi
web-today-at = oggi alle { $time }
web-date-at = il { $date } alle { $time }
web-second-today = { $time } ({ $zone })
web-second = { $time } ({ $zone }) del { $date }

# Iscrizione
web-signup-email = Indirizzo e-mail
web-signup-email-hint = Scriviamo solo qui.
web-signup-name = Nome
web-signup-name-hint = Per poterti salutare.
web-signup-trap = Lascia vuoto questo campo
web-signup-what = Che cosa possiamo mandarti?
web-signup-what-hint = Spunta ciò che ti interessa. Nessuna casella è già spuntata.
web-signup-send = Mandatemi l’e-mail di conferma
web-signup-after = Mandiamo una sola e-mail per verificare che l’indirizzo sia tuo. Finché non premi il pulsante che contiene, non arriva altro. Puoi andartene con un clic da ogni lettera.
web-signup-notice = Come usiamo e proteggiamo il tuo indirizzo: { $link }, versione del { $date }.
web-signup-errors = { $count ->
    [1] Manca una cosa prima dell’invio
    [2] Mancano due cose prima dell’invio
    [3] Mancano tre cose prima dell’invio
   *[other] Mancano { $count } cose prima dell’invio
 }
web-signup-do-email_missing = Scrivi il tuo indirizzo e-mail
web-signup-do-email_malformed = Controlla l’indirizzo: non è completo
web-signup-do-email_too_long = Controlla l’indirizzo: è troppo lungo
web-signup-do-email_slip = Controlla l’indirizzo: intendevi { $domain }?
web-signup-do-name_unusable = Accorcia il nome, oppure toglilo
web-signup-do-nothing_ticked = Spunta almeno una cosa che possiamo mandarti
web-signup-do-stale = Premi il pulsante ancora una volta
web-signup-why-email_missing = Ci serve un indirizzo a cui scrivere.
web-signup-why-email_malformed = Un indirizzo è fatto così: nome@example.com.
web-signup-why-email_too_long = Nessun indirizzo supera i 254 caratteri.
web-signup-why-email_slip = { $domain } sembra un errore di battitura.
web-signup-why-name_unusable = Un nome ha al massimo 100 caratteri, su una sola riga.
web-signup-why-nothing_ticked = Non hai ancora spuntato nulla. Basta una casella.
web-signup-use = Usa { $address }
web-signup-keep = No, { $domain } è giusto

# Grazie
web-thanks-title = Manca un clic
web-thanks-lead = È in arrivo una sola e-mail. Aprila e premi il pulsante; fino ad allora non arriva altro.
web-thanks-again = L’e-mail è di nuovo in arrivo. Aprila e premi il pulsante; fino ad allora non arriva altro.
web-thanks-to = In arrivo a
web-thanks-wrong = Indirizzo sbagliato?
web-thanks-nothing = Dopo cinque minuti non c’è ancora?
web-thanks-look = Cerca nella posta indesiderata “{ $subject }”, da { $from }.
web-thanks-or = Oppure riproviamo noi.
web-thanks-send = Mandatela di nuovo
web-thanks-left = { $count ->
    [1] Per oggi ancora una volta al massimo.
    [2] Per oggi ancora due volte al massimo.
   *[other] Per oggi ancora { $count } volte al massimo.
 }
web-thanks-spent = Per oggi l’abbiamo mandata tutte le volte che possiamo. Domani puoi chiederla di nuovo.
web-thanks-known = Se l’indirizzo riceve già le nostre lettere, l’e-mail dirà questo.

# Conferma
web-confirm-title = Possiamo scriverti?
web-confirm-form = Hai spuntato queste caselle su { $place } { $moment }.
web-confirm-choices = Hai aggiunto questo a ciò che ricevi { $moment }.
web-confirm-way_back = Hai chiesto di tornare { $moment }.
web-confirm-before = Non mandiamo nulla finché non premi il pulsante.
web-confirm-yes = Sì, scrivetemi
web-confirm-for = Per { $address }. Puoi cambiare o interrompere in qualsiasi momento.
web-confirm-else = Qualcun altro ha scritto il tuo indirizzo? Diccelo, e per 30 giorni queste e-mail non arrivano più.

# Benvenuto
web-welcome-title = Ci sei
web-welcome-name = Ci sei, { $name }
web-welcome-lead = Hai detto sì, ed ecco che cosa arriva:
web-welcome-earlier = Avevi già detto sì
web-welcome-when = Hai premuto il pulsante { $moment }.
web-welcome-nothing-to-do = Non c’è altro da fare. Ecco che cosa arriva:
web-welcome-off = Da allora te ne sei andato, quindi non arriva nulla. Per iscriversi di nuovo basta un minuto.
web-welcome-mail = Un’e-mail di benvenuto è in arrivo a { $address }.
web-welcome-stop = Puoi andartene con un clic da ogni lettera.

# Non sono stato io
web-not-me-title = È stato qualcun altro?
web-not-me-lead = Qualcuno ha scritto { $address } nel nostro modulo. Se non l’hai fatto tu, premi il pulsante.
web-not-me-press = Non sono stato io
web-not-me-what = { $days ->
    [one] Per un giorno queste e-mail non arrivano più, e la richiesta viene scartata.
   *[other] Per { $days } giorni queste e-mail non arrivano più, e la richiesta viene scartata.
 }
web-not-me-done = Preso nota: non l’hai fatto tu
web-not-me-until = Fino al { $date } queste e-mail non arrivano più a { $address }, chiunque lo scriva. La richiesta è scartata e nessuno ti scriverà per questo.
web-not-me-after = { $days ->
    [one] Se un domani vorrai le nostre lettere, iscriviti dopo quel giorno.
   *[other] Se un domani vorrai le nostre lettere, iscriviti dopo quei { $days } giorni.
 }

# Andarsene
web-leave-title = Che cosa dobbiamo fermare?
web-leave-lead = Per l’indirizzo { $address }. Un clic, nessuna domanda, subito.
web-stop-this = Non ricevere più { $name }
web-stop-all = Non ricevere più nulla da { $brand }
web-stop-too = Non ricevere più nemmeno { $name }
web-leave-everything = “Nulla” riguarda { $list }. Le ricevute dei tuoi ordini arrivano comunque.
web-leave-many = Solo un po’ troppe?
web-leave-many-hint = Tieni una cosa e lascia l’altra.
web-leave-not-yours = Non è il tuo indirizzo?
web-leave-not-yours-hint = Allora qualcuno ti ha inoltrato la lettera. Chiudi la pagina, e chi la riceve la tiene.
web-left-this = Non riceverai più { $name }
web-left-all = Non riceverai più nulla da { $brand }
web-left-at = Vale dalle { $second }.
web-left-earlier = Te ne eri già andato. Vale dalle { $second }.
web-left-nothing-else = Non arriva altro.
web-left-no-more = A { $address } non arrivano più lettere. Le ricevute dei tuoi ordini sì.
web-left-still = Che cosa arriva ancora
web-left-back = È stato un errore: mandatemi un’e-mail per tornare
web-left-back-hint = Per tornare basta un clic in un’e-mail a { $address }, così nessun altro può farlo al posto tuo.
web-back-title = L’e-mail per tornare è in arrivo
web-back-this = Arriverà a { $address }. Premi il pulsante che contiene e riceverai di nuovo { $name }. Fino ad allora non cambia nulla.
web-back-all = Arriverà a { $address }. Premi il pulsante che contiene e riceverai di nuovo ciò che ricevevi prima. Fino ad allora non cambia nulla.
web-back-why = Le lettere vengono inoltrate. Per questo solo la casella stessa può dire di nuovo sì.

# Che cosa ricevi
web-choices-title = Che cosa ricevi da noi
web-choices-saved-title = Salvato
web-choices-lead = Per { $address }. Ciò che togli si ferma appena salvi. Ciò che aggiungi parte dopo un clic in un’e-mail che ti mandiamo.
web-choices-within = Nel dettaglio: { $name }
web-choices-save = Salva
web-choices-saved = Salvato alle { $second }
web-choices-stopped = Fermato subito: { $list }.
web-choices-asked = In attesa del tuo clic nell’e-mail a { $address }: { $list }.
web-choices-held = Non ancora aggiunto: { $list }. Per oggi abbiamo mandato a { $address } tutte le e-mail che possiamo, quindi nessuna e-mail con il pulsante è in arrivo. Domani puoi aggiungerlo qui.
web-choices-same = Non c’era nulla di diverso, quindi non è cambiato nulla.
web-choices-leave = Andarsene del tutto
web-choices-leave-hint = Nessuna lettera più da { $brand }. Le ricevute degli ordini arrivano comunque.
web-choices-stop = Ferma tutto
web-state-granted = Hai detto sì
web-state-requested = In attesa del tuo clic
web-state-refused = Hai detto no
web-state-withdrawn = Te ne sei andato
web-state-suppressed = Fermato
web-state-expired = Scaduto
web-state-unknown = Mai chiesto

# Problemi
web-trouble-expired = Questo link è scaduto
web-trouble-expired-why = { $days ->
    [one] I link come questo valgono un giorno. Questo è del { $date }. Nel frattempo non ti è arrivato nulla.
   *[other] I link come questo valgono { $days } giorni. Questo è del { $date }. Nel frattempo non ti è arrivato nulla.
 }
web-trouble-renew = Mandatemene uno nuovo
web-trouble-renew-same = A { $address }, con le stesse caselle: { $list }.
web-trouble-renew-to = A { $address }.
web-trouble-used = Questo link ha già fatto il suo lavoro
web-trouble-used-why = Vale una volta sola ed è già stato premuto. Ciò che ha fatto allora vale ancora; adesso non è successo nulla.
web-trouble-void = Non c’è più nulla da confermare
web-trouble-void-why = Quello che chiedeva questo link nel frattempo è stato ritirato, oppure un’e-mail più recente ha preso il suo posto. Adesso non è successo nulla, e per questo non parte nulla. Se vuoi le nostre lettere, cerca l’e-mail più recente o iscriviti di nuovo.
web-trouble-garbled = Questo link non è intero
web-trouble-garbled-why = Ne manca un pezzo, o è stato cambiato per strada; alcuni programmi di posta tagliano i link lunghi. Aprilo dall’e-mail, oppure copialo per intero. Non è successo nulla.
web-trouble-not_found = Qui non c’è nulla
web-trouble-not_found-why = L’indirizzo della pagina è scritto male, oppure la pagina è stata tolta. Non è successo nulla.
web-trouble-unreadable = Non siamo riusciti a leggere
web-trouble-unreadable-why = Il modulo è arrivato a pezzi, perciò non ne abbiamo tenuto nulla. Torna indietro e mandalo ancora una volta.
web-trouble-method = Qui non funziona così
web-trouble-method-why = Questa pagina è stata chiamata in un modo che non conosce. Aprila dall’e-mail o dal modulo. Non è successo nulla.
web-trouble-slow = Ci è voluto troppo tempo
web-trouble-slow-why = Il modulo non è arrivato in tempo, perciò non ne abbiamo tenuto nulla. Mandalo ancora una volta.
web-trouble-too_large = Era troppo in una volta
web-trouble-too_large-why = È arrivato più di quanto questo modulo possa contenere, perciò non ne abbiamo tenuto nulla. Compilalo di nuovo.
web-trouble-unsupported = Non era il nostro modulo
web-trouble-unsupported-why = Ciò che è arrivato non è stato inviato come modulo, perciò non ne abbiamo tenuto nulla. Usa la pagina stessa.
web-trouble-too_many = Un momento, per favore
web-trouble-too_many-why = { $seconds ->
    [one] Dalla tua rete sta arrivando molto. Riprova tra un secondo; non è stato salvato nulla.
   *[other] Dalla tua rete sta arrivando molto. Riprova tra { $seconds } secondi; non è stato salvato nulla.
 }
web-trouble-busy = Adesso non siamo riusciti a salvare
web-trouble-busy-why = Per il momento il nostro registro non si può scrivere. Nulla è andato perso e nulla è rimasto a metà: riprova tra un minuto.
web-trouble-again = Riprova
web-trouble-fault = Qualcosa si è rotto da noi
web-trouble-fault-why = Non è colpa tua. Ciò che hai fatto prima vale ancora; ciò che hai fatto adesso forse no. Riprova, per favore.
web-trouble-signup = Vai al modulo di iscrizione
web-trouble-leave = I link per andarsene non scadono mai.
web-trouble-write = Una persona ti aiuta a questo indirizzo: { $address }.

# Informativa privacy
web-notice-version = Versione { $version }, in vigore dal { $date }.
