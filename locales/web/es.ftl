# Las palabras de las páginas para las personas.

# Todas las páginas
web-skip = Ir al contenido
web-language = Idioma
web-notice = Aviso de privacidad
web-notice-inline = aviso de privacidad
web-kept = Volens guarda constancia de cada sí y de cada no, para ti y para nosotros.
web-error = Error:
web-optional = opcional
web-by-email = Por correo electrónico
web-change = Cambiar lo que recibes
web-for-address = Para { $address }.
web-not-me = No fui yo
web-and = { $front } y { $last }

# Tiempos
web-today-at = hoy a las { $time }
web-date-at = el { $date } a las { $time }
web-second-today = { $time } ({ $zone })
web-second = { $time } ({ $zone }) del { $date }

# Suscripción
web-signup-email = Dirección de correo
web-signup-email-hint = Solo escribimos aquí.
web-signup-name = Nombre
web-signup-name-hint = Para poder saludarte.
web-signup-trap = Deja esto vacío
web-signup-what = ¿Qué podemos enviarte?
web-signup-what-hint = Marca lo que te apetezca. No hay nada marcado de antemano.
web-signup-send = Enviadme el correo de confirmación
web-signup-after = Enviamos un solo correo para comprobar que la dirección es tuya. Hasta que pulses el botón que lleva dentro, no llega nada más. Puedes irte con un clic desde cada carta.
web-signup-notice = Cómo usamos y protegemos tu dirección: { $link }, versión del { $date }.
web-signup-errors = { $count ->
    [1] Falta una cosa antes de enviarlo
    [2] Faltan dos cosas antes de enviarlo
    [3] Faltan tres cosas antes de enviarlo
   *[other] Faltan { $count } cosas antes de enviarlo
 }
web-signup-do-email_missing = Escribe tu dirección de correo
web-signup-do-email_malformed = Revisa la dirección: no está completa
web-signup-do-email_too_long = Revisa la dirección: es demasiado larga
web-signup-do-email_slip = Revisa la dirección: ¿querías decir { $domain }?
web-signup-do-name_unusable = Acorta el nombre, o déjalo en blanco
web-signup-do-nothing_ticked = Marca al menos una cosa que podamos enviarte
web-signup-do-stale = Pulsa el botón una vez más
web-signup-why-email_missing = Necesitamos una dirección a la que escribir.
web-signup-why-email_malformed = Una dirección tiene esta forma: nombre@example.com.
web-signup-why-email_too_long = Ninguna dirección pasa de 254 caracteres.
web-signup-why-email_slip = { $domain } parece un error al teclear.
web-signup-why-name_unusable = Un nombre tiene como mucho 100 caracteres, en una sola línea.
web-signup-why-nothing_ticked = Todavía no hay nada marcado. Basta con una casilla.
web-signup-use = Usar { $address }
web-signup-keep = No, { $domain } está bien

# Gracias
web-thanks-title = Falta un clic
web-thanks-lead = Un solo correo va de camino. Ábrelo y pulsa el botón; hasta entonces no llega nada más.
web-thanks-again = El correo va de camino otra vez. Ábrelo y pulsa el botón; hasta entonces no llega nada más.
web-thanks-to = De camino a
web-thanks-wrong = ¿Dirección equivocada?
web-thanks-nothing = ¿Nada después de cinco minutos?
web-thanks-look = Busca en la carpeta de spam «{ $subject }», de { $from }.
web-thanks-or = O deja que lo intentemos otra vez.
web-thanks-send = Enviarlo otra vez
web-thanks-left = { $count ->
    [1] Hoy, una vez más como mucho.
    [2] Hoy, dos veces más como mucho.
   *[other] Hoy, { $count } veces más como mucho.
 }
web-thanks-spent = Hoy ya lo hemos enviado todas las veces que podemos. Mañana puedes volver a pedirlo.
web-thanks-known = Si la dirección ya recibe nuestras cartas, el correo dirá eso.

# Confirmar
web-confirm-title = ¿Podemos escribirte?
web-confirm-form = Lo marcaste en { $place } { $moment }.
web-confirm-choices = Lo añadiste a lo que recibes { $moment }.
web-confirm-way_back = Pediste volver { $moment }.
web-confirm-before = No se envía nada antes de que pulses el botón.
web-confirm-yes = Sí, escribidme
web-confirm-for = Para { $address }. Puedes cambiarlo o pararlo cuando quieras.
web-confirm-else = ¿Escribió otra persona tu dirección? Dínoslo, y durante 30 días no llegarán más correos como este.

# Bienvenida
web-welcome-title = Ya formas parte
web-welcome-name = Ya formas parte, { $name }
web-welcome-lead = Dijiste que sí, y esto es lo que llega:
web-welcome-earlier = Ya habías dicho que sí
web-welcome-when = Pulsaste el botón { $moment }.
web-welcome-nothing-to-do = No hay que hacer nada más. Esto es lo que llega:
web-welcome-off = Desde entonces te fuiste, así que no llega nada. Volver a apuntarse lleva un minuto.
web-welcome-mail = Un correo de bienvenida va de camino a { $address }.
web-welcome-stop = Puedes irte con un clic desde cada carta.

# No fui yo
web-not-me-title = ¿Fue otra persona?
web-not-me-lead = Alguien escribió { $address } en nuestro formulario. Si no fuiste tú, pulsa el botón.
web-not-me-press = No fui yo
web-not-me-what = { $days ->
    [one] Así no llegará ningún correo de estos durante un día, y la solicitud se descarta.
   *[other] Así no llegará ningún correo de estos durante { $days } días, y la solicitud se descarta.
 }
web-not-me-done = Anotado: no fuiste tú
web-not-me-until = Hasta el { $date } no llegarán más correos de estos a { $address }, la escriba quien la escriba. La solicitud queda descartada y nadie te escribirá por ella.
web-not-me-after = { $days ->
    [one] Si más adelante quieres nuestras cartas, apúntate después de ese día.
   *[other] Si más adelante quieres nuestras cartas, apúntate después de esos { $days } días.
 }

# Irse
web-leave-title = ¿Qué dejamos de enviarte?
web-leave-lead = Para la dirección { $address }. Un clic, sin preguntas, al momento.
web-stop-this = Dejar de recibir { $name }
web-stop-all = No recibir nada más de { $brand }
web-stop-too = Dejar de recibir también { $name }
web-leave-everything = «Nada» incluye { $list }. Los recibos de tus pedidos seguirán llegando.
web-leave-many = ¿Solo son demasiadas?
web-leave-many-hint = Quédate con una cosa y deja otra.
web-leave-not-yours = ¿No es tu dirección?
web-leave-not-yours-hint = Entonces alguien te reenvió esta carta. Cierra la página, y quien la recibe la conserva.
web-left-this = Ya no recibirás { $name }
web-left-all = Ya no recibirás nada de { $brand }
web-left-at = Tuvo efecto a las { $second }.
web-left-earlier = Ya te habías ido. Tuvo efecto a las { $second }.
web-left-nothing-else = No llega nada más.
web-left-no-more = A { $address } no llegan más cartas. Los recibos de tus pedidos, sí.
web-left-still = Lo que sigue llegando
web-left-back = Fue un error: enviadme un correo para volver
web-left-back-hint = Para volver hace falta un clic en un correo a { $address }, de modo que nadie más pueda hacerlo por ti.
web-back-title = El correo para volver va de camino
web-back-this = Llegará a { $address }. Pulsa el botón que lleva dentro y volverás a recibir { $name }. Hasta entonces no cambia nada.
web-back-all = Llegará a { $address }. Pulsa el botón que lleva dentro y volverás a recibir lo de antes. Hasta entonces no cambia nada.
web-back-why = Las cartas se reenvían. Por eso solo el propio buzón puede volver a decir que sí.

# Lo que recibes
web-choices-title = Lo que recibes de nosotros
web-choices-saved-title = Guardado
web-choices-lead = Para { $address }. Lo que quites se para en cuanto guardes. Lo que añadas empieza tras un clic en un correo que te enviamos.
web-choices-within = Con más detalle: { $name }
web-choices-save = Guardar
web-choices-saved = Guardado a las { $second }
web-choices-stopped = Parado al momento: { $list }.
web-choices-asked = A la espera de tu clic en el correo a { $address }: { $list }.
web-choices-held = Aún no añadido: { $list }. Hoy ya hemos enviado a { $address } todos los correos que podemos, así que no va de camino ningún correo con el botón. Mañana puedes añadirlo aquí.
web-choices-same = No había nada distinto, así que no ha cambiado nada.
web-choices-leave = Irse del todo
web-choices-leave-hint = Ni una carta más de { $brand }. Los recibos de los pedidos seguirán llegando.
web-choices-stop = Pararlo todo
web-state-granted = Dijiste que sí
web-state-requested = A la espera de tu clic
web-state-refused = Dijiste que no
web-state-withdrawn = Te fuiste
web-state-suppressed = Parado
web-state-expired = Caducado
web-state-unknown = Nunca preguntado

# Problemas
web-trouble-expired = Este enlace ha caducado
web-trouble-expired-why = { $days ->
    [one] Los enlaces como este valen un día. Este es del { $date }. Mientras tanto no se te envió nada.
   *[other] Los enlaces como este valen { $days } días. Este es del { $date }. Mientras tanto no se te envió nada.
 }
web-trouble-renew = Enviadme uno nuevo
web-trouble-renew-same = A { $address }, con las mismas casillas: { $list }.
web-trouble-renew-to = A { $address }.
web-trouble-used = Este enlace ya cumplió su función
web-trouble-used-why = Vale una sola vez y ya se pulsó. Lo que hizo entonces sigue en pie; ahora no ha pasado nada.
web-trouble-void = Ya no hay nada que confirmar
web-trouble-void-why = Lo que pedía este enlace se retiró entretanto, o un correo más nuevo ocupó su lugar. Ahora no ha pasado nada, y no se envía nada por ello. Si quieres nuestras cartas, busca el correo más nuevo o apúntate otra vez.
web-trouble-garbled = Este enlace no está entero
web-trouble-garbled-why = Le falta una parte o cambió por el camino; algunos programas de correo cortan los enlaces largos. Ábrelo desde el propio correo o cópialo entero. No ha pasado nada.
web-trouble-not_found = Aquí no hay nada
web-trouble-not_found-why = La dirección de esta página está mal escrita, o la página se retiró. No ha pasado nada.
web-trouble-unreadable = No hemos podido leerlo
web-trouble-unreadable-why = El formulario llegó a trozos, así que no guardamos nada. Vuelve atrás y envíalo una vez más.
web-trouble-method = Así no funciona aquí
web-trouble-method-why = Se llamó a esta página de una manera que no conoce. Ábrela desde el correo o desde el formulario. No ha pasado nada.
web-trouble-slow = Tardó demasiado
web-trouble-slow-why = El formulario no llegó a tiempo, así que no guardamos nada. Envíalo una vez más.
web-trouble-too_large = Era demasiado de una vez
web-trouble-too_large-why = Llegó más de lo que cabe en este formulario, así que no guardamos nada. Rellénalo de nuevo.
web-trouble-unsupported = Eso no era nuestro formulario
web-trouble-unsupported-why = Lo que llegó no se envió como formulario, así que no guardamos nada. Usa la propia página.
web-trouble-too_many = Un momento, por favor
web-trouble-too_many-why = { $seconds ->
    [one] Está llegando mucho desde tu red. Inténtalo de nuevo en un segundo; no se guardó nada.
   *[other] Está llegando mucho desde tu red. Inténtalo de nuevo en { $seconds } segundos; no se guardó nada.
 }
web-trouble-busy = Ahora mismo no hemos podido guardarlo
web-trouble-busy-why = Por el momento no se puede escribir en nuestro registro. No se ha perdido nada ni ha quedado nada a medias: inténtalo de nuevo en un minuto.
web-trouble-again = Intentarlo de nuevo
web-trouble-fault = Algo se ha roto de nuestro lado
web-trouble-fault-why = No ha sido culpa tuya. Lo que hiciste antes sigue en pie; lo de ahora, quizá no. Inténtalo de nuevo, por favor.
web-trouble-signup = Ir al formulario de suscripción
web-trouble-leave = Los enlaces para irse no caducan nunca.
web-trouble-write = Una persona te ayuda aquí: { $address }.

# Aviso de privacidad
web-notice-version = Versión { $version }, en vigor desde el { $date }.
