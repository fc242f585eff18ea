# As palavras das páginas para as pessoas.

# Todas as páginas
web-skip = Ir para o conteúdo
web-language = Idioma
web-notice = Aviso de privacidade
web-notice-inline = aviso de privacidade
web-kept = O Volens guarda cada sim e cada não, para você e para nós.
web-error = Erro:
web-optional = opcional
web-by-email = Por e-mail
web-change = Mudar o que recebe
web-for-address = Para { $address }.
web-not-me = Não fui eu
web-and = { $front } e { $last }

# Tempos
web-today-at = hoje às { $time }
web-date-at = em { $date } às { $time }
web-second-today = { $time } ({ $zone })
web-second = { $time } ({ $zone }) de { $date }

# Inscrição
web-signup-email = Endereço de e-mail
web-signup-email-hint = Só escrevemos para aqui.
web-signup-name = Primeiro nome
web-signup-name-hint = Para podermos cumprimentar.
web-signup-trap = Deixe isto vazio
web-signup-what = O que podemos enviar?
web-signup-what-hint = Marque o que quiser. Nada vem marcado.
web-signup-send = Enviem-me o e-mail de confirmação
web-signup-after = Enviamos um único e-mail para verificar que o endereço é seu. Até carregar no botão que ele traz, não chega mais nada. Pode sair com um clique em cada carta.
web-signup-notice = Como usamos e protegemos o seu endereço: { $link }, versão de { $date }.
web-signup-errors = { $count ->
    [1] Falta uma coisa antes de enviarmos
    [2] Faltam duas coisas antes de enviarmos
    [3] Faltam três coisas antes de enviarmos
   *[other] Faltam { $count } coisas antes de enviarmos
 }
web-signup-do-email_missing = Escreva o seu endereço de e-mail
web-signup-do-email_malformed = Verifique o endereço: não está completo
web-signup-do-email_too_long = Verifique o endereço: é longo demais
web-signup-do-email_slip = Verifique o endereço: queria dizer { $domain }?
web-signup-do-name_unusable = Encurte o primeiro nome, ou deixe-o vazio
web-signup-do-nothing_ticked = Marque pelo menos uma coisa que possamos enviar
web-signup-do-stale = Carregue no botão mais uma vez
web-signup-why-email_missing = Precisamos de um endereço para onde escrever.
web-signup-why-email_malformed = Um endereço tem esta forma: nome@example.com.
web-signup-why-email_too_long = Nenhum endereço passa de 254 caracteres.
web-signup-why-email_slip = { $domain } parece um erro de digitação.
web-signup-why-name_unusable = Um nome tem no máximo 100 caracteres, numa só linha.
web-signup-why-nothing_ticked = Ainda não há nada marcado. Basta uma marca.
web-signup-use = Usar { $address }
web-signup-keep = Não, { $domain } está certo

# Obrigado
web-thanks-title = Falta um clique
web-thanks-lead = Um único e-mail está a caminho. Abra-o e carregue no botão; até lá não chega mais nada.
web-thanks-again = O e-mail está a caminho outra vez. Abra-o e carregue no botão; até lá não chega mais nada.
web-thanks-to = A caminho de
web-thanks-wrong = Endereço errado?
web-thanks-nothing = Nada depois de cinco minutos?
web-thanks-look = Procure na pasta de spam “{ $subject }”, de { $from }.
web-thanks-or = Ou deixe-nos tentar mais uma vez.
web-thanks-send = Enviar outra vez
web-thanks-left = { $count ->
    [1] Hoje, mais uma vez no máximo.
    [2] Hoje, mais duas vezes no máximo.
   *[other] Hoje, mais { $count } vezes no máximo.
 }
web-thanks-spent = Hoje já o enviámos todas as vezes que podemos. Amanhã pode pedi-lo de novo.
web-thanks-known = Se o endereço já recebe as nossas cartas, o e-mail dirá isso.

# Confirmar
web-confirm-title = Podemos escrever-lhe?
web-confirm-form = Marcou isto em { $place } { $moment }.
web-confirm-choices = Acrescentou isto ao que recebe { $moment }.
web-confirm-way_back = Pediu para voltar { $moment }.
web-confirm-before = Nada é enviado antes de carregar no botão.
web-confirm-yes = Sim, escrevam-me
web-confirm-for = Para { $address }. Pode mudar ou parar isto a qualquer momento.
web-confirm-else = Outra pessoa escreveu o seu endereço? Diga-nos, e durante 30 dias não chegam mais e-mails destes.

# Boas-vindas
web-welcome-title = Já está na lista
web-welcome-name = Já está na lista, { $name }
web-welcome-lead = Disse que sim, e é isto que chega:
web-welcome-earlier = Já tinha dito que sim
web-welcome-when = Carregou no botão { $moment }.
web-welcome-nothing-to-do = Não há mais nada a fazer. É isto que chega:
web-welcome-off = Desde então saiu, por isso não chega nada. Inscrever-se de novo leva um minuto.
web-welcome-mail = Um e-mail de boas-vindas está a caminho de { $address }.
web-welcome-stop = Pode sair com um clique em cada carta.

# Não fui eu
web-not-me-title = Foi outra pessoa?
web-not-me-lead = Alguém escreveu { $address } no nosso formulário. Se não foi você, carregue no botão.
web-not-me-press = Não fui eu
web-not-me-what = { $days ->
    [one] Assim não chega nenhum e-mail destes durante um dia, e o pedido é descartado.
   *[other] Assim não chega nenhum e-mail destes durante { $days } dias, e o pedido é descartado.
 }
web-not-me-done = Anotado: não foi você
web-not-me-until = Até { $date } não chegam mais e-mails destes a { $address }, seja quem for que o escreva. O pedido foi descartado e ninguém lhe escreve por causa dele.
web-not-me-after = { $days ->
    [one] Se mais tarde quiser as nossas cartas, inscreva-se depois desse dia.
   *[other] Se mais tarde quiser as nossas cartas, inscreva-se depois desses { $days } dias.
 }

# Sair
web-leave-title = O que devemos parar?
web-leave-lead = Para o endereço { $address }. Um clique, sem perguntas, na hora.
web-stop-this = Deixar de receber { $name }
web-stop-all = Não receber mais nada de { $brand }
web-stop-too = Deixar de receber também { $name }
web-leave-everything = “Nada” inclui { $list }. Os recibos das suas compras continuam a chegar.
web-leave-many = São só demasiadas?
web-leave-many-hint = Fique com uma coisa e deixe outra.
web-leave-not-yours = Não é o seu endereço?
web-leave-not-yours-hint = Então alguém lhe reencaminhou esta carta. Feche a página, e quem a recebe fica com ela.
web-left-this = Não receberá mais { $name }
web-left-all = Não receberá mais nada de { $brand }
web-left-at = Vale desde as { $second }.
web-left-earlier = Já tinha saído. Vale desde as { $second }.
web-left-nothing-else = Não chega mais nada.
web-left-no-more = A { $address } não chegam mais cartas. Os recibos das suas compras, sim.
web-left-still = O que ainda chega
web-left-back = Foi um engano: enviem-me um e-mail para voltar
web-left-back-hint = Para voltar basta um clique num e-mail para { $address }, de modo que mais ninguém o possa fazer por si.
web-back-title = O e-mail para voltar está a caminho
web-back-this = Chegará a { $address }. Carregue no botão que ele traz e voltará a receber { $name }. Até lá nada muda.
web-back-all = Chegará a { $address }. Carregue no botão que ele traz e voltará a receber o que recebia antes. Até lá nada muda.
web-back-why = As cartas são reencaminhadas. Por isso só a própria caixa de correio pode voltar a dizer sim.

# O que recebe
web-choices-title = O que recebe de nós
web-choices-saved-title = Guardado
web-choices-lead = Para { $address }. O que tirar para no momento em que guardar. O que acrescentar começa depois de um clique num e-mail que lhe enviamos.
web-choices-within = Em pormenor: { $name }
web-choices-save = Guardar
web-choices-saved = Guardado às { $second }
web-choices-stopped = Parado na hora: { $list }.
web-choices-asked = À espera do seu clique no e-mail para { $address }: { $list }.
web-choices-held = Ainda não acrescentado: { $list }. Hoje já enviámos para { $address } todos os e-mails que podemos, por isso não vai a caminho nenhum e-mail com o botão. Amanhã pode acrescentá-lo aqui.
web-choices-same = Não havia nada de diferente, por isso nada mudou.
web-choices-leave = Sair de vez
web-choices-leave-hint = Nem mais uma carta de { $brand }. Os recibos das compras continuam a chegar.
web-choices-stop = Parar tudo
web-state-granted = Disse que sim
web-state-requested = À espera do seu clique
web-state-refused = Disse que não
web-state-withdrawn = Saiu
web-state-suppressed = Parado
web-state-expired = Expirado
web-state-unknown = Nunca perguntado

# Problemas
web-trouble-expired = Este link expirou
web-trouble-expired-why = { $days ->
    [one] Links como este valem um dia. Este é de { $date }. Entretanto não lhe foi enviado nada.
   *[other] Links como este valem { $days } dias. Este é de { $date }. Entretanto não lhe foi enviado nada.
 }
web-trouble-renew = Enviem-me um novo
web-trouble-renew-same = Para { $address }, com as mesmas marcas: { $list }.
web-trouble-renew-to = Para { $address }.
web-trouble-used = Este link já fez o seu trabalho
web-trouble-used-why = Vale uma única vez e já foi usado. O que fez então continua a valer; agora não aconteceu nada.
web-trouble-void = Já não há nada para confirmar
web-trouble-void-why = O que este link pedia foi entretanto retirado, ou um e-mail mais recente tomou o seu lugar. Agora não aconteceu nada, e nada é enviado por causa disto. Se quiser as nossas cartas, procure o e-mail mais recente ou inscreva-se de novo.
web-trouble-garbled = Este link não está inteiro
web-trouble-garbled-why = Falta-lhe uma parte, ou mudou pelo caminho; alguns programas de e-mail cortam links longos. Abra-o a partir do próprio e-mail, ou copie-o inteiro. Não aconteceu nada.
web-trouble-not_found = Aqui não há nada
web-trouble-not_found-why = O endereço desta página está mal escrito, ou a página foi retirada. Não aconteceu nada.
web-trouble-unreadable = Não conseguimos ler isto
web-trouble-unreadable-why = O formulário chegou aos pedaços, por isso não guardámos nada. Volte atrás e envie-o mais uma vez.
web-trouble-method = Aqui não funciona assim
web-trouble-method-why = Esta página foi chamada de uma forma que não conhece. Abra-a a partir do e-mail ou do formulário. Não aconteceu nada.
web-trouble-slow = Demorou demasiado
web-trouble-slow-why = O formulário não chegou a tempo, por isso não guardámos nada. Envie-o mais uma vez.
web-trouble-too_large = Foi demasiado de uma vez
web-trouble-too_large-why = Chegou mais do que cabe neste formulário, por isso não guardámos nada. Preencha-o de novo.
web-trouble-unsupported = Isto não era o nosso formulário
web-trouble-unsupported-why = O que chegou não foi enviado como formulário, por isso não guardámos nada. Use a própria página.
web-trouble-too_many = Um momento, por favor
web-trouble-too_many-why = { $seconds ->
    [one] Está a chegar muita coisa da sua rede. Tente de novo dentro de um segundo; nada foi guardado.
   *[other] Está a chegar muita coisa da sua rede. Tente de novo dentro de { $seconds } segundos; nada foi guardado.
 }
web-trouble-busy = Não conseguimos guardar isto agora
web-trouble-busy-why = De momento não é possível escrever no nosso registo. Nada se perdeu e nada ficou a meio: tente de novo dentro de um minuto.
web-trouble-again = Tentar de novo
web-trouble-fault = Algo se partiu do nosso lado
web-trouble-fault-why = A culpa não é sua. O que fez antes continua a valer; o que fez agora, talvez não. Tente de novo, por favor.
web-trouble-signup = Ir para o formulário de inscrição
web-trouble-leave = Os links para sair nunca expiram.
web-trouble-write = Uma pessoa ajuda-o aqui: { $address }.

# Aviso de privacidade
web-notice-version = Versão { $version }, em vigor desde { $date }.
