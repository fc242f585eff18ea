# Dates
month-1 = gennaio
month-2 = febbraio
month-3 = marzo
month-4 = aprile
month-5 = maggio
month-6 = giugno
month-7 = luglio
month-8 = agosto
month-9 = settembre
month-10 = ottobre
month-11 = novembre
month-12 = dicembre
weekday-1 = lunedì
weekday-2 = martedì
weekday-3 = mercoledì
weekday-4 = giovedì
weekday-5 = venerdì
weekday-6 = sabato
weekday-7 = domenica
date = { $day } { $month } { $year }
date-weekday = { $weekday } { $day } { $month } { $year }
footer-change = Cambia quello che ricevi
footer-leave = Disiscriviti

# Sotto ogni lettera
footer-contact = Scrivici
footer-privacy = Informativa sulla privacy

# Perché arriva
reason-form = Hai detto di sì { $on } su { $place }.
reason-page = Hai detto di sì { $on } nella pagina del tuo indirizzo.
reason-counter = Ti sei unito a noi { $on } con la cartolina al banco.
reason-event = Ti sei unito a noi { $on } a «{ $name }».
reason-import = Hai detto di sì { $on }; è scritto nell’elenco «{ $name }», che abbiamo portato con noi.
reason-partner = Hai detto di sì { $on } tramite { $name }.
reason-customer = Hai comprato da noi { $on } e possiamo scriverti di cose simili.
reason-implied = Ci siamo sentiti { $on }, perciò possiamo scriverti.
reason-told = Ti abbiamo avvisato { $on } che sarebbe arrivata questa lettera, e non hai detto di no.
reason-interest = Ti scriviamo per il tuo lavoro. Il tuo indirizzo ci è arrivato { $on }.
reason-promise = { $purpose }: { $frequency }.
reason-ways = Qui sotto puoi cambiare o disiscriverti.
small-words = ogni, tutti, tutte, una, un, due, circa, fino, solo, quando, mai, non, settimanalmente, mensilmente, massimo, al, il, la, di

# On a date; a date with its time
on-date = { $day ->
    [8] l’{ $date }
    [11] l’{ $date }
   *[other] il { $date }
 }
at-time = { $on } alle { $time }

confirm-subject = Conferma, per favore: lettere da { $brand }
confirm-preview = Un clic e ti scriviamo. Se non fai nulla, non arriva nulla.
confirm-title = Un clic e ti scriviamo
confirm-lead = Questo è stato spuntato { $when } su { $place }. Eri tu, e lo vuoi?
confirm-button = Sì, scrivetemi
confirm-until = Il pulsante scade { $when }. Se non fai nulla, non arriva nulla.
confirm-reason = Ricevi solo questa e-mail perché qualcuno ha scritto questo indirizzo nel nostro modulo. Se non eri tu, premi «{ $label }»: per 30 giorni non ne arriveranno altre.
confirm-not-me = Non ero io

welcome-subject = Un saluto da { $brand }
welcome-preview = Che cosa arriva, e ogni quanto.
welcome-title = Che bello averti qui
welcome-lead = Hai detto di sì. Ecco che cosa ti arriverà da ora:
welcome-change = È troppo, o preferisci altro? Qui scegli tu:

already-subject = Ricevi già le nostre lettere
already-preview = Non è cambiato nulla. Qui vedi che cosa arriva.
already-title = Ricevi già le nostre lettere
already-lead = Questo indirizzo è stato scritto { $when } nel modulo su { $place }. È già con noi: non c’è nulla da confermare e non è cambiato nulla.
already-ask = Se volevi altro, qui trovi che cosa ricevi e che cosa puoi aggiungere.
already-button = Guarda che cosa ricevi
already-reason = Ricevi solo questa e-mail perché qualcuno ha scritto questo indirizzo nel nostro modulo. Se non eri tu, non fare nulla.

added-subject = Conferma, per favore: qualcosa in più da { $brand }
added-preview = Un clic e si aggiunge. Tutto il resto rimane com’è.
added-title = Un clic e si aggiunge
added-lead = Hai chiesto questo { $when }:
added-button = Sì, aggiungetelo
added-until = Il pulsante scade { $when }. Aggiunge solo questo; tutto il resto rimane com’è. Se non eri tu, non fare nulla.
back-subject = Conferma, per favore: torna ad arrivare
back-preview = Un clic e torna. Tutto il resto rimane com’è.
back-title = Un clic e torna
back-lead = Hai chiesto di ricevere di nuovo questo { $when }:
back-button = Sì, fatelo tornare
added-reason = Ricevi solo questa e-mail perché è stata aggiunta una scelta nella pagina di questo indirizzo.
