# Dates
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
weekday-1 = lunes
weekday-2 = martes
weekday-3 = miércoles
weekday-4 = jueves
weekday-5 = viernes
weekday-6 = sábado
weekday-7 = domingo
date = { $day } de { $month } de { $year }
date-weekday = { $weekday }, { $day } de { $month } de { $year }
footer-change = Cambiar lo que recibes
footer-leave = Darse de baja

# Bajo cada carta
footer-contact = Escríbenos
footer-privacy = Aviso de privacidad

# Por qué llega
reason-form = Dijiste que sí { $on } en { $place }.
reason-page = Dijiste que sí { $on } en la página de tu dirección.
reason-counter = Te apuntaste { $on } con la tarjeta del mostrador.
reason-event = Te apuntaste { $on } en «{ $name }».
reason-import = Dijiste que sí { $on }; consta en la lista «{ $name }», que hemos traído con nosotros.
reason-partner = Dijiste que sí { $on } a través de { $name }.
reason-customer = Nos compraste algo { $on }, y podemos escribirte sobre cosas parecidas.
reason-implied = Estuviste en contacto con nosotros { $on }, por eso podemos escribirte.
reason-told = Te avisamos { $on } de que llegaría esta carta, y no dijiste que no.
reason-interest = Te escribimos por tu trabajo. Tu dirección nos llegó { $on }.
reason-promise = { $purpose }: { $frequency }.
reason-ways = Más abajo puedes cambiarlo o darte de baja.
small-words = cada, todos, todas, una, un, dos, como, hasta, solo, cuando, nunca, no, semanalmente, mensualmente, máximo, a, al, los, el

# On a date; a date with its time
on-date = { $day ->
   *[other] el { $date }
 }
at-time = { $on } a las { $time }

confirm-subject = Confirma, por favor: cartas de { $brand }
confirm-preview = Un clic y te escribimos. Si no haces nada, no llega nada.
confirm-title = Un clic y te escribimos
confirm-lead = Esto se marcó { $when } en { $place }. ¿Fuiste tú y lo quieres?
confirm-button = Sí, escribidme
confirm-until = El botón caduca { $when }. Si no haces nada, no llega nada.
confirm-reason = Recibes este único correo porque alguien escribió esta dirección en nuestro formulario. Si no fuiste tú, pulsa «{ $label }»: no llegará otro igual durante 30 días.
confirm-not-me = No fui yo

welcome-subject = Te damos la bienvenida a { $brand }
welcome-preview = Qué llega y cada cuánto.
welcome-title = Qué bien que estés aquí
welcome-lead = Dijiste que sí. Esto es lo que te llegará desde ahora:
welcome-change = ¿Es demasiado, o prefieres otra cosa? Aquí eliges:

already-subject = Ya recibes nuestras cartas
already-preview = No ha cambiado nada. Aquí ves lo que llega.
already-title = Ya recibes nuestras cartas
already-lead = Esta dirección se escribió { $when } en el formulario de { $place }. Ya la tenemos, así que no hay nada que confirmar y no ha cambiado nada.
already-ask = Si querías otra cosa, aquí está lo que recibes y lo que puedes añadir.
already-button = Ver lo que recibes
already-reason = Recibes este único correo porque alguien escribió esta dirección en nuestro formulario. Si no fuiste tú, no hagas nada.

added-subject = Confirma, por favor: algo más de { $brand }
added-preview = Un clic lo añade. Todo lo demás queda como está.
added-title = Un clic y queda añadido
added-lead = Pediste esto { $when }:
added-button = Sí, añadidlo
added-until = El botón caduca { $when }. Añade solo esto; todo lo demás queda como está. Si no fuiste tú, no hagas nada.
back-subject = Confirma, por favor: vuelve a llegar
back-preview = Un clic y vuelve. Todo lo demás queda como está.
back-title = Un clic y vuelve
back-lead = Pediste recibir esto de nuevo { $when }:
back-button = Sí, que vuelva
added-reason = Recibes este único correo porque se añadió una opción en la página de esta dirección.
