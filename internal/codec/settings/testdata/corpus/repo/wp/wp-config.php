<?php
/**
 * The base configuration for WordPress
 */

// ** Database settings ** //
define( 'DB_NAME', 'northwind_blog' );

/** Database username */
define( 'DB_USER', 'wp' );

/** Database password */
define( 'DB_PASSWORD', 'W0rd"Press\'s pw' );
define( 'DB_HOST', 'mysql.northwind.io:3306' );
define( 'DB_CHARSET', 'utf8mb4' );

define('AUTH_KEY',         'x=R7 ;|k#Qp9!vB2&mZ*t4(sL)w8-Yc6_Hd1~Jf3^Gn5+Ke0@Ua');
define('SECURE_AUTH_KEY',  'Pq3%Lz8$Wn1@Xc6!Vb9#Mk4^Jh7&Gf2*Ds5(Ta0)Ry-Ue_Io+Op');
define('LOGGED_IN_KEY',    'put your unique phrase here');
define('NONCE_KEY',        getenv('WP_NONCE_KEY'));
define('AUTH_SALT',        "b7 Dq{9}Zx1~Kc3|Vn5?Mw8<Ty2>Lp4,Rf6.Gh0/Js:Eu;Ai");
define('SECURE_AUTH_SALT', 'Nn4+Bb8-Vv2_Cc6=Xx0!Zz3@Aa7#Ss1$Dd5%Ff9^Gg&Hh*Jj');

$table_prefix = 'wp_';
define( 'WP_DEBUG', false );
define( 'FTP_PASS', 'ftp pass of wp' );
define( 'STRIPE_SECRET', getenv_docker('STRIPE_SECRET', 'sk_live_51WordPressAbCdEfGhIjKlMn') );
require_once ABSPATH . 'wp-settings.php';
