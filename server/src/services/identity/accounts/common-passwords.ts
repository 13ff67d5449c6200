/**
 * Of the passwords that people choose most, as the lists of leaked ones have said for years, those that are long enough to be taken
 * otherwise: the first that anybody tries at many accounts. Without case.
 */
const common = new Set(
  `password password1 password12 password123 password1234 password! passw0rd passw0rd1 p@ssword p@ssw0rd p@ssword1 p@ssw0rd1 pa$$word pa$$w0rd
  passwort passwort1 kennwort motdepasse contraseña contrasena password01 password2 password11 mypassword yourpassword newpassword thepassword
  12345678 123456789 1234567890 12345678910 123456789a 0123456789 987654321 87654321 0987654321 9876543210 123123123 12341234 12344321 11223344
  1122334455 112233445566 123456123 123456123456 1234567891 11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444
  55555555 66666666 77777777 88888888 888888888 99999999 999999999 12121212 13131313 69696969 10101010 20202020 01010101 31415926 123454321
  147258369 147852369 159357258 789456123 741852963 963852741 852456789 321654987 123789456 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc
  qazwsxedc qazwsx123 zaq12wsx zaq1zaq1 zaq1xsw2 !qaz2wsx 1qazxsw2 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qwertyui qwertyuiop qwerty12 qwerty123
  qwerty1234 qwerty12345 qwerty123456 qwertz123 qwertzuiop azertyuiop azerty123 asdfghjk asdfghjkl asdfasdf asdf1234 asdfqwer zxcvbnm1 zxcvbnm123
  zxcvbnm, qwer1234 qweasdzxc qweasd123 qwe123qwe 123qweasd 123qwe123 1234qwer 12345qwert 123456qwerty a1234567 a12345678 a123456789 aa123456
  aa12345678 abc12345 abc123456 abcd1234 abcdef123 abcdefgh abcdefghi abcd12345 1234abcd 123456abc 12345abc aaaaaaaa aaaaaaaaa xxxxxxxx zzzzzzzz
  iloveyou iloveyou1 iloveyou2 iloveyou! iloveu123 loveyou1 ilovegod ilovejesus jesuschrist jesus123 football football1 baseball baseball1 basketball
  softball volleyball football123 liverpool liverpool1 chelsea1 arsenal1 manchester barcelona barcelona1 realmadrid juventus1 superman superman1
  batman123 spiderman spiderman1 starwars starwars1 pokemon1 pokemon123 princess princess1 sunshine sunshine1 butterfly chocolate cheesecake
  computer computer1 internet samsung1 samsung123 iphone123 whatever whatever1 trustno1 letmein1 letmein123 letmein! welcome1 welcome12 welcome123
  welcome! welcome1234 changeme changeme1 changeme123 default1 administrator admin123 admin1234 admin12345 admin123456 adminadmin administrator1
  root1234 rootroot toor1234 test1234 testtest test12345 testing1 testing123 guest123 user1234 username secret123 secretpassword login123 master123
  dragon123 monkey123 shadow123 hunter12 charlie1 michael1 michelle jennifer jennifer1 jessica1 jordan23 jonathan elizabeth victoria alexander
  alexandra anthony1 benjamin caroline christian christine daniel123 danielle fernando gabriel1 isabella kimberly margaret nicholas patricia
  samantha stephanie veronica valentina alejandro alejandra sebastian estrella tequiero teamomucho mariposa corazon1 mustang1 corvette porsche911
  mercedes ferrari1 maverick midnight moonlight snowball snoopy123 dolphins elephant mountain november december september february scorpion
  survivor metallica slipknot blink182 nirvana1 linkinpark greenday eminem123 pussycat bigdaddy hardcore playboy1 fuckyou1 fuckyou2 fuckyou! asshole1
  blahblah cocacola redskins cowboys1 yankees1 steelers lakers24 marlboro maradona ronaldo7 ronaldinho cristiano kristina danielle1 creative
  precious beautiful gorgeous lovelove lovely123 loveme123 babygirl babygirl1 hellokitty hello123 hello1234 hellohello helloworld goodluck
  happy123 freedom1 forever1 friends1 family123 summer2023 summer2024 summer2025 winter2023 winter2024 winter2025 spring2024 spring2025 autumn2024
  password2023 password2024 password2025 company1 company123 google123 facebook facebook1 linkedin microsoft windows1 windows10 linux123
  security security1 access14 temp1234 temporary p4ssw0rd pass1234 pass12345 passpass password0 passwords 1password parley123 parleyparley
  correcthorsebatterystaple`.split(/\s+/),
);

export function isCommonPassword(password: string): boolean {
  return common.has(password.toLowerCase());
}
